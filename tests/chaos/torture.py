"""The torture messages of RFC 4475, written anew for a line on loopback: each with the section that describes it.

Addresses are ours, so that answers come back and calls could really be spoken in; what makes a message a torture is as
the RFC has it. ``allowed`` says what an endpoint may do according to the RFC's text: a status, a class of statuses such
as ``4xx``, or ``silence``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

REFUSED = ("4xx", "silence")
NO_REGISTRAR = ("4xx", "501")  # the line is not one, whatever is in the request
# pjsip has nobody who answers requests of methods that it has no use for; the proxy does.
UNSERVED = ("silence",)


@dataclass(frozen=True, slots=True)
class Torture:
    """One message. ``text`` has ``{line}`` and ``{me}`` (address:port) and ``{length}`` to fill in, ``body`` ``{rtp}``.

    ``lenient``: what pjsip does with it by itself and the RFC does not foresee; the proxy lets none of these through.
    """

    section: str
    name: str
    text: str
    allowed: tuple[str, ...]
    body: bytes = b""
    lenient: tuple[str, ...] = ()

    def datagram(self, line: str, me: str, rtp: int) -> bytes:
        """The message as it is sent; lines end as SIP wants it."""
        body = self.body.replace(b"{rtp}", str(rtp).encode())
        filled = self.text.replace("{line}", line).replace("{me}", me).replace("{length}", str(len(body)))
        return filled.replace("\n", "\r\n").encode("utf-8", "surrogateescape") + body

    @property
    def method(self) -> str:
        return self.text.partition(" ")[0]

    def allows(self, status: int | None, *, proxied: bool = False) -> bool:
        """``status`` None: nothing came. ``proxied``: our proxy stood in front."""
        allowed = {*self.allowed, *(() if proxied else self.lenient)}
        if status is None:
            return "silence" in allowed
        return bool({str(status), f"{status // 100}xx"} & allowed)


_SDP = (
    b"v=0\r\no=mhandley 29739 7272939 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio {rtp} RTP/AVP 8 12\r\nm=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n"
)


def _request(
    first: str,
    name: str,
    *more: str,
    to: str = "sip:1883@{line}",
    sender: str = "sip:caller@{me};tag=3923942",
    via: str = "SIP/2.0/UDP {me};rport;branch=z9hG4bK{name}",
    cseq: str = "",
    length: str = "Content-Length: {length}",
) -> str:
    """A request that is right but for what is given. Empty lines are left out."""
    method = first.partition(" ")[0]
    lines = [
        first,
        via and "Via: " + via.replace("{name}", name),
        to and f"To: {to}",
        sender and f"From: {sender}",
        f"Call-ID: {name}.fhn2323orihawfdoa3o4r52o3irsdf",
        f"CSeq: {cseq or '8 ' + method}",
        *("Max-Forwards: 70" for _ in range(not any(line.lower().startswith("max-forwards") for line in more))),
        *("Contact: <sip:caller@{me}>" for _ in range(method == "INVITE" and not _has(more, "contact", "m"))),
        *more,
        length,
    ]
    return "\n".join(line for line in lines if line) + "\n\n"


def _has(lines: tuple[str, ...], *names: str) -> bool:
    return any(re.match(rf"(?:{'|'.join(names)})\s*:", line, re.IGNORECASE) for line in lines)


def _valid() -> Iterator[Torture]:
    """3.1.1: strange, and well formed."""
    yield Torture(
        "3.1.1.1",
        "wsinv",
        "INVITE sip:1883@{line};unknownparam SIP/2.0\n"
        "TO :\n sip:1883@{line} ;   tag    = 1918181833n\n"
        'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@{me}>\n  ;\n  tag = 98asjd8\n'
        "MaX-fOrWaRdS: 0068\nCall-ID: wsinv.ndaksdj@192.0.2.1\nContent-Length   : {length}\n"
        "cseq: 0009\n  INVITE\n"
        "Via  : SIP  /   2.0\n /UDP\n    {me};rport;branch=390skdjuw\n"
        "s :\nNewFangledHeader:   newfangled value\n continued newfangled value\n"
        "UnknownHeaderWithUnusualValue: ;;,,;;,;\nContent-Type: application/sdp\n"
        "Route:\n <sip:{line};lr;unknownwith=value;unknown-no-value>\n"
        "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\n  branch  =   z9hG4bK9ikj8  ,\n"
        " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n z9hG4bK30239\n"
        'm:"Quoted string \\"\\"" <sip:jdrosen@{me}> ; newparam =\n      newvalue ;\n  secondparam ; q = 0.33\n\n',
        ("200", "481"),  # the tag in To names a dialog that does not exist
        _SDP,
    )
    method = "!interesting-Method0123456789_*+`.%indeed'~"
    user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    yield Torture(
        "3.1.1.2",
        "intmeth",
        _request(
            f"{method} sip:{user}:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@{{line}} SIP/2.0",
            "intmeth",
            "Max-Forwards: 255",
            "extensionHeader-!.%*+_`'~:\ufeff大停電",
            to=f'"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:{user}@{{line}}>',
            sender="token1~` token2'+_ token3*%!.- <sip:mundane@{me}>;fromParam''~+*_!.-%=\"работающий\";"
            "tag=_token~1'+`*%!-.",
            via="SIP/2.0/UDP {me};rport;branch=z9hG4bK-.!%66*_+`'~",
            cseq=f"139122385 {method}",
        ),
        ("405", "501"),
        lenient=UNSERVED,
    )
    yield Torture(
        "3.1.1.3",
        "esc01",
        _request(
            "INVITE sip:sips%3Auser%40example.com@{line} SIP/2.0",
            "esc01",
            "C: application/sdp",
            "Contact:\n  <sip:cal%6Cer@{me};%6C%72;n%61me=v%61lue%25%34%31>",
            to="sip:%75se%72@{line}",
            sender="<sip:I%20have%20spaces@{me}>;tag=938",
            cseq="234234 INVITE",
        ),
        ("200",),
        _SDP,
    )
    yield Torture(
        "3.1.1.4",
        "escnull",
        _request(
            "REGISTER sip:{line} SIP/2.0",
            "escnull",
            "Contact: <sip:%00@host5.example.com>",
            "Contact: <sip:%00%00@host5.example.com>",
            to="sip:null-%00-null@{line}",
            sender="sip:null-%00-null@{me};tag=839923423",
            length="L:0",
        ),
        NO_REGISTRAR,
        lenient=UNSERVED,
    )
    yield Torture(
        "3.1.1.5",
        "esc02",
        _request(
            "RE%47IST%45R sip:{line} SIP/2.0",
            "esc02",
            "Contact: <sip:alias1@host1.example.com>",
            "C%6Fntact: <sip:alias2@host2.example.com>",
            "Contact: <sip:alias3@host3.example.com>",
            to='"%Z%45" <sip:resource@{line}>',
            sender='"%Z%45" <sip:resource@{me}>;tag=f232jadfj23',
            via="SIP/2.0/UDP {me};rport;branch=z9hG4bK209%fzsnel234",
            cseq="29344 RE%47IST%45R",
            length="l: 0",
        ),
        ("405", "501"),
        lenient=UNSERVED,
    )
    yield Torture(
        "3.1.1.6",
        "lwsdisp",
        _request("OPTIONS sip:1883@{line} SIP/2.0", "lwsdisp", sender="caller<sip:caller@{me}>;tag=323"),
        ("200",),
    )
    yield Torture("3.1.1.7", "longreq", _long(), ("200",), _SDP)
    yield Torture(
        "3.1.1.8",
        "dblreq",
        _request(
            "REGISTER sip:{line} SIP/2.0", "dblreq", "Contact: sip:j.user@host.example.com", length="Content-Length: 0"
        ),
        NO_REGISTRAR,
        _request("INVITE sip:1883@{line} SIP/2.0", "dblreq2", "Content-Type: application/sdp").encode(),
        lenient=UNSERVED,
    )
    yield Torture(
        "3.1.1.9",
        "semiuri",
        _request("OPTIONS sip:user;par=u%40example.net@{line} SIP/2.0", "semiuri", "Accept: application/sdp"),
        ("200", "404"),
    )
    yield Torture(
        "3.1.1.10",
        "transports",
        _request(
            "OPTIONS sip:1883@{line} SIP/2.0",
            "transports",
            "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf",
            "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj",
            "Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en",
            "Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee",
        ),
        ("200",),
    )
    yield Torture(
        "3.1.1.11",
        "mpart01",
        _request(
            "MESSAGE sip:1883@{line} SIP/2.0",
            "mpart01",
            "MIME-Version: 1.0",
            "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655",
            "Content-Transfer-Encoding: binary",
        ),
        ("2xx", "4xx", "501"),
        b"--7a9cbec02ceef655\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nHello\r\n"
        b"--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n0\x82\x01R\x06\t*\x86H\x86\xf7\r\x01\x00"
        b"\x07\x02\xa0\x82\x01C\r\n--7a9cbec02ceef655--",
    )
    answer = "Via: SIP/2.0/UDP {me};branch=z9hG4bK1324923\nTo: sip:user@{line};tag=2229\nFrom: sip:user@{me};tag=1\n"
    yield Torture(
        "3.1.1.12",
        "unreason",
        "SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое\n"
        f"{answer}Call-ID: unreason.1234ksdfak3j2erwedfsASdf\nCSeq: 35 INVITE\nContact: <sip:user@{{me}}>\n"
        "Content-Type: application/sdp\nContent-Length: {length}\n\n",
        ("silence",),
        _SDP,
    )
    yield Torture(
        "3.1.1.13",
        "noreason",
        f"SIP/2.0 100 \n{answer}Call-ID: noreason.asndj203insdf99223ndf\nCSeq: 35 INVITE\nContent-Length: 0\n\n",
        ("silence",),
    )


def _long() -> str:
    """3.1.1.7: many values, and very long ones."""
    caller = "amazinglylongcallername" * 5
    vias = [
        f"{name}: SIP/2.0/TCP sip{number}.example.com" for number, name in enumerate(("v", "V ", "VIA", "vIa  ") * 8)
    ]
    return _request(
        "INVITE sip:1883@{line} SIP/2.0",
        "longreq",
        f"Unknown-{'Long' * 20}-Name: unknown-{'long' * 20}-value; unknown-{'long' * 20}-parameter-name = "
        f"unknown-{'long' * 20}-parameter-value",
        *vias,
        f"Via: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=very{'long' * 50}branchvalue",
        f"Contact: <sip:{caller}@{{me}}>",
        "Content-Type: application/sdp",
        to=f'"I have a user name of {"extreme" * 10} proportion"'
        f"<sip:1883@{{line}};unknownparam1=very{'long' * 20}value;"
        f"longparam{'name' * 25}=shortvalue;very{'long' * 25}ParameterNameWithNoValue>",
        sender=f"sip:{caller}@{{me}};tag=12{'982' * 50}424;unknownheaderparam{'name' * 20}=unknowheaderparam"
        f"{'value' * 15};unknownValueless{'paramname' * 10}",
        cseq="3882340 INVITE",
        length="l: {length}",
    ).replace("longreq.fhn", f"longreq.one{'really' * 20}longcallid.fhn")


def _invalid() -> Iterator[Torture]:
    """3.1.2: not well formed."""
    sdp = "Content-Type: application/sdp"
    yield Torture(
        "3.1.2.1",
        "badinv01",
        _request(
            "INVITE sip:1883@{line} SIP/2.0",
            "badinv01",
            'Contact: "Joe" <sip:joe@example.org>;;;;',
            sdp,
            sender='"Bell, Alexander" <sip:a.g.bell@{me}>;tag=43',
            via="SIP/2.0/UDP {me};rport;branch=z9hG4bKkdjuw;;,;,,",
        ),
        REFUSED,
        _SDP,
    )
    yield Torture(
        "3.1.2.2",
        "clerr",
        _request("INVITE sip:1883@{line} SIP/2.0", "clerr", sdp, length="Content-Length: 9999"),
        REFUSED,
        _SDP,
        lenient=("200",),
    )
    yield Torture(
        "3.1.2.3",
        "ncl",
        _request("INVITE sip:1883@{line} SIP/2.0", "ncl", sdp, length="Content-Length: -999"),
        REFUSED,
        _SDP,
    )
    yield Torture(
        "3.1.2.4",
        "scalar02",
        _request(
            "REGISTER sip:{line} SIP/2.0",
            "scalar02",
            "Max-Forwards: 300",
            "Expires: 10000000000000000000000000000000000000000000000000",
            "Contact: <sip:user@host129.example.com>;expires=280297596632815",
            cseq="36893488147419103232 REGISTER",
        ),
        (*REFUSED, "501"),
    )
    yield Torture(
        "3.1.2.5",
        "scalarlg",
        "SIP/2.0 503 Service Unavailable\nVia: SIP/2.0/UDP {me};branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129\n"
        "To: <sip:user@{line}>\nFrom: <sip:other@{me}>;tag=2easdjfejw\nCSeq: 9292394834772304023312 OPTIONS\n"
        "Call-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r\nRetry-After: 949302838503028349304023988\n"
        'Warning: 1812 overture "In Progress"\nContent-Length: 0\n\n',
        ("silence",),
    )
    yield Torture(
        "3.1.2.6",
        "quotbal",
        _request("INVITE sip:1883@{line} SIP/2.0", "quotbal", sdp, to='"Mr. J. User <sip:j.user@{line}>'),
        REFUSED,
        _SDP,
    )
    yield Torture("3.1.2.7", "ltgtruri", _request("INVITE <sip:1883@{line}> SIP/2.0", "ltgtruri", sdp), REFUSED, _SDP)
    yield Torture("3.1.2.8", "lwsruri", _request("INVITE sip:1883@{line}; lr SIP/2.0", "lwsruri", sdp), REFUSED, _SDP)
    yield Torture(
        "3.1.2.9",
        "lwsstart",
        _request("INVITE  sip:1883@{line}  SIP/2.0", "lwsstart", sdp),
        REFUSED,
        _SDP,
        lenient=("200",),
    )
    yield Torture("3.1.2.10", "trws", _request("OPTIONS sip:1883@{line} SIP/2.0  ", "trws"), (*REFUSED, "200"))
    yield Torture(
        "3.1.2.11",
        "escruri",
        _request("INVITE sip:1883@{line}?Route=%3Csip:example.com%3E SIP/2.0", "escruri", sdp),
        (*REFUSED, "200"),
        _SDP,
    )
    yield Torture(
        "3.1.2.12",
        "baddate",
        _request("INVITE sip:1883@{line} SIP/2.0", "baddate", "Date: Fri, 01 Jan 2010 16:00:00 EST", sdp),
        (*REFUSED, "200"),  # who does not need the date may look past it
        _SDP,
    )
    yield Torture(
        "3.1.2.13",
        "regbadct",
        _request("REGISTER sip:{line} SIP/2.0", "regbadct", "Contact: sip:user@example.com?Route=%3Csip:sip.a%3E"),
        (*REFUSED, "501"),
    )
    yield Torture(
        "3.1.2.14",
        "badaspec",
        _request("OPTIONS sip:1883@{line} SIP/2.0", "badaspec", to='"Watson, Thomas" < sip:t.watson@{line} >'),
        (*REFUSED, "200"),
    )
    yield Torture(
        "3.1.2.15",
        "baddn",
        _request("OPTIONS sip:1883@{line} SIP/2.0", "baddn", sender="Bell, Alexander <sip:a.g.bell@{me}>;tag=43"),
        (*REFUSED, "200"),
    )
    yield Torture(
        "3.1.2.16",
        "badvers",
        _request("OPTIONS sip:1883@{line} SIP/7.0", "badvers", via="SIP/7.0/UDP {me};rport;branch=z9hG4bKkdjuw"),
        (*REFUSED, "505"),
    )
    yield Torture(
        "3.1.2.17",
        "mismatch01",
        _request("OPTIONS sip:1883@{line} SIP/2.0", "mismatch01", cseq="8 INVITE"),
        REFUSED,
        lenient=("200",),
    )
    yield Torture(
        "3.1.2.18",
        "mismatch02",
        _request("NEWMETHOD sip:1883@{line} SIP/2.0", "mismatch02", sdp, cseq="8 INVITE"),
        (*REFUSED, "501"),
        _SDP,
    )
    yield Torture(
        "3.1.2.19",
        "bigcode",
        "SIP/2.0 4294967301 better not break the receiver\nVia: SIP/2.0/UDP {me};branch=z9hG4bK2398ndaoe\n"
        "Call-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i\nCSeq: 353494 INVITE\n"
        "From: <sip:user@{me}>;tag=39ansfi3\nTo: <sip:user@{line}>;tag=902jndnke3\nContent-Length: 0\n"
        "Contact: <sip:user@{me}>\n\n",
        ("silence",),
    )


def _layers() -> Iterator[Torture]:
    """3.2 to 3.4: transactions, the application, and those who still speak RFC 2543."""
    sdp = "Content-Type: application/sdp"
    yield Torture(
        "3.2.1",
        "badbranch",
        _request("OPTIONS sip:1883@{line} SIP/2.0", "badbranch", via="SIP/2.0/UDP {me};rport;branch=z9hG4bK"),
        ("200", "4xx"),
    )
    yield Torture(
        "3.3.1",
        "insuf",
        "INVITE sip:1883@{line} SIP/2.0\nCSeq: 193942 INVITE\nVia: SIP/2.0/UDP {me};rport;branch=z9hG4bKkdj.insuf\n"
        "Content-Type: application/sdp\nl: {length}\n\n",
        REFUSED,
        _SDP,
    )
    yield Torture(
        "3.3.2",
        "unkscm",
        _request("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0", "unkscm"),
        (*REFUSED, "200"),
    )
    yield Torture(
        "3.3.3",
        "novelsc",
        _request("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0", "novelsc"),
        (*REFUSED, "200"),
    )
    yield Torture(
        "3.3.4",
        "unksm2",
        _request(
            "REGISTER sip:{line} SIP/2.0",
            "unksm2",
            "Contact: <name:John_Smith>",
            to="isbn:2983792873",
            sender="<http://www.example.com>;tag=3234233",
        ),
        (*REFUSED, "501"),
    )
    yield Torture(
        "3.3.5",
        "bext01",
        _request(
            "OPTIONS sip:1883@{line} SIP/2.0",
            "bext01",
            "Require: nothingSupportsThis, nothingSupportsThisEither",
            "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis",
        ),
        ("200", "420"),
    )
    yield Torture(
        "3.3.6",
        "invut",
        _request("INVITE sip:1883@{line} SIP/2.0", "invut", "Content-Type: application/unknownformat"),
        ("415",),
        b"<audio>\r\n <pcmu port='443'/>\r\n</audio>\r\n",
    )
    yield Torture(
        "3.3.7",
        "regaut01",
        _request("REGISTER sip:{line} SIP/2.0", "regaut01", "Authorization: NoOneKnowsThisScheme opaque-data=here"),
        NO_REGISTRAR,
        lenient=UNSERVED,
    )
    yield Torture(
        "3.3.8",
        "multi01",
        _request(
            "INVITE sip:1883@{line} SIP/2.0",
            "multi01",
            "CSeq: 59 INVITE",
            "Call-ID: multi01.98asdh@192.0.2.2",
            "From: sip:caller@example.net;tag=3413415",
            "To: sip:other@example.net",
            "Max-Forwards: 5",
            "Contact: <sip:caller@{me}>",
            sdp,
        ),
        (*REFUSED, "200"),
        _SDP,
    )
    yield Torture(
        "3.3.9",
        "mcl01",
        _request(
            "OPTIONS sip:1883@{line} SIP/2.0", "mcl01", "Content-Length: 13", "Content-Type: text/plain",
            length="Content-Length: 5",
        ),
        (*REFUSED, "200"),
        b"There's no way to know how many octets are supposed to be here.\r\n",
    )  # fmt: skip
    yield Torture(
        "3.3.10",
        "bcast",
        "SIP/2.0 200 OK\nVia: SIP/2.0/UDP {line};branch=z9hG4bK1324923\n"
        "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\nCall-ID: bcast.0384840201234ksdfak3j2erwedfsASdf\n"
        "CSeq: 35 INVITE\nFrom: sip:user@{me};tag=11141343\nTo: sip:user@{line};tag=2229\n"
        "Content-Length: {length}\nContent-Type: application/sdp\nContact: <sip:user@{me}>\n\n",
        ("silence",),
        _SDP,
    )
    yield Torture(
        "3.3.11", "zeromf", _request("OPTIONS sip:1883@{line} SIP/2.0", "zeromf", "Max-Forwards: 0"), ("200", "483")
    )
    yield Torture(
        "3.3.12",
        "cparam01",
        _request("REGISTER sip:{line} SIP/2.0", "cparam01", "Contact: sip:+19725552222@gw1.example.net;unknownparam"),
        NO_REGISTRAR,
        lenient=UNSERVED,
    )
    yield Torture(
        "3.3.13",
        "cparam02",
        _request("REGISTER sip:{line} SIP/2.0", "cparam02", "Contact: <sip:+19725552222@gw1.example.net;unknownparam>"),
        NO_REGISTRAR,
        lenient=UNSERVED,
    )
    yield Torture(
        "3.3.14",
        "regescrt",
        _request(
            "REGISTER sip:{line} SIP/2.0", "regescrt", "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>"
        ),
        NO_REGISTRAR,
        lenient=UNSERVED,
    )
    yield Torture(
        "3.3.15",
        "sdp01",
        _request("INVITE sip:1883@{line} SIP/2.0", "sdp01", "Accept: text/nobodyKnowsThis", sdp),
        ("200", "406"),
        _SDP,
    )
    yield Torture(
        "3.4.1",
        "inv2543",
        "INVITE sip:1883@{line} SIP/2.0\nVia: SIP/2.0/UDP {me}\nFrom: <sip:iuser@{me}>\nTo: <sip:1883@{line}>\n"
        "Call-ID: inv2543.1717@ios.example.com\nCSeq: 56 INVITE\nContent-Type: application/sdp\n"
        "Content-Length: {length}\n\n",
        ("200", "4xx"),
        _SDP,
    )


MESSAGES = (*_valid(), *_invalid(), *_layers())
