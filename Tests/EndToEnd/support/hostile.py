"""Two hundred texts that try to become a script: 25 ways to run one, behind 8 ways out of where a text stands."""

_RUN = [
    "<script>pwned=1</script>",
    "<script src=data:text/javascript,pwned=1></script>",
    "<img src=x onerror=pwned=1>",
    "<svg onload=pwned=1>",
    "<svg><script>pwned=1</script></svg>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "<body onload=pwned=1>",
    "<details open ontoggle=pwned=1>",
    "<video><source onerror=pwned=1>",
    "<input autofocus onfocus=pwned=1>",
    "<a href=javascript:pwned=1>x</a>",
    "<form action=javascript:pwned=1><button>x",
    "<object data=javascript:pwned=1>",
    "<embed src=javascript:pwned=1>",
    "<math><mtext><script>pwned=1</script>",
    "<link rel=stylesheet href=javascript:pwned=1>",
    "<meta http-equiv=refresh content='0;url=javascript:pwned=1'>",
    "<base href=javascript:pwned=1//>",
    "<style>@import'data:,*{}'</style>",
    "<template><script>pwned=1</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=pwned=1>\">",
    "javascript:pwned=1",
    "{{constructor.constructor('pwned=1')()}}",
    "${pwned=1}",
    "<img src=x onerror=\u202epwned=1\u200b>",
]
_OUT = ["", "\">", "'>", "</textarea>", "</title></style>", "-->", "]]>", "\\\";//"]

PAYLOADS = [out + run for out in _OUT for run in _RUN]

# Whether anything ran, or stands in the page as what it pretends to be.
LOOK = """
const never = ['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'VIDEO', 'MATH', 'TEMPLATE', 'STYLE', 'BASE'];
const isOurs = (one) => one.tagName === 'SCRIPT' && one.src.includes('/console/');
const foreign = [...document.querySelectorAll('*')].filter((one) =>
  never.includes(one.tagName.toUpperCase()) && !isOurs(one)
  || [...one.attributes].some(({name, value}) => name.startsWith('on') || /^\\s*javascript:/i.test(value)));
return {ran: window.pwned !== undefined, foreign: foreign.map((one) => one.outerHTML)};
"""
