"""The keys of the Redis port: long values, pages of elements, and queues among them."""

import pytest

from support.resp import Connection


@pytest.fixture
def server(new_server):
    return new_server(redis=True).start()


@pytest.fixture
def redis(server):
    with Connection(server.redis_port) as connection:
        yield connection.call


def downloaded(console, folder, size):
    """What the button gives, once all of it is there."""
    console.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
    console.press("Download body")
    file = folder / "value.bin"
    console.until(lambda: file.exists() and file.stat().st_size == size, "the file")
    return file.read_bytes()


# Above a mebibyte only the beginning is shown. Characters of two bytes lie across the ends of pieces.
@pytest.mark.parametrize("count, shown", [(70_000, "136.7 KiB"), (700_000, "the first 64 KiB of 1.3 MiB")])
def test_a_long_string_is_there_to_its_end(console, redis, tmp_path, count, shown):
    text = "x" + "ü" * (count - 1) + "end"
    redis("SET", "long", text.encode())
    console.open("#/keys/0/long", "long")
    console.sees(shown)
    assert console.script("return document.querySelector('.viewer pre').textContent.startsWith('xüüü')")
    data = text.encode()
    assert downloaded(console, tmp_path, len(data)) == data


def test_all_pages_of_a_hash_are_found(console, redis):
    # More than stand in one piece of memory, so that the server pages them.
    redis("HSET", "users", *(f"{kind}{number:04}" for number in range(1500) for kind in ("user", "name")))
    console.open("#/keys/0/users", "users")
    cells = "return [...document.querySelectorAll('tbody td:first-child')].map((one) => one.textContent)"
    has_next = "return [...document.querySelectorAll('button')].some((one) => one.textContent === 'Next')"
    seen = []
    while True:
        page = console.script(cells)
        seen += page
        if not console.script(has_next):
            break
        console.press("Next")
        console.until(lambda: console.script(cells) != page, "another page")
    assert len(seen) > len(page) and set(seen) == {f"user{number:04}" for number in range(1500)}
    console.press("Back")
    console.until(lambda: console.script(cells) != page, "the page before")


def test_a_long_element_says_that_it_is_cut(console, redis, server):
    redis("RPUSH", "jobs", "short", "a" * 5000 + "end", "b" * 70_000)
    console.open("#/keys/0/jobs", "jobs")
    console.press("Show all 4.9 KiB")
    console.until(lambda: console.script("return document.querySelector('dialog pre').textContent.endsWith('aend')"))
    console.press("Close")
    console.press("Show all 68.4 KiB")
    console.sees("The server shows the first 64 KiB of 68.4 KiB.")
    assert console.command("redis-cli") == f"redis-cli -p {server.redis_port} -n 0 lindex jobs 2"


def test_queues_among_keys_lead_to_their_page(console, redis, api):
    redis("SET", "greeting", "hello")
    api("PUT", "/queues/webhooks")
    # An empty one is no key, as an empty list is none.
    api("POST", "/queues/webhooks/messages", {"body": "hello"})
    console.open("#/keys", "Keys")
    console.fill("Type", "queue")
    console.until(lambda: "greeting" not in console.text, "queues alone")
    console.press("webhooks")
    console.until(lambda: console.heading == "webhooks", "the queue")
    console.has(ready=1)
    # An old address of it shows no error, and offers no delete.
    console.open("#/keys/0/webhooks", "webhooks")
    console.sees("This key is a queue")
    assert not console.script("return !!document.querySelector('.danger')")
