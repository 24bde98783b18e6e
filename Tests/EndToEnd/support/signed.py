"""A server that checks signatures, for the clients that other people wrote."""

from pathlib import Path

from support.server import Server

KEY, SECRET, REGION = "AKIDCLIENTS", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1"


def signed_server(home: Path) -> Server:
    return Server(home, environment={"ROOST_ACCESS_KEYS": f"{KEY}:{SECRET}"})
