"""RFC 4475, section 3.1.1: messages that are strange, and well formed. Written anew for a line on loopback."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.torture import NO_REGISTRAR, SDP, UNSERVED, Torture, request


def valid() -> Iterator[Torture]:
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
        SDP,
    )
    method = "!interesting-Method0123456789_*+`.%indeed'~"
    user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    yield Torture(
        "3.1.1.2",
        "intmeth",
        request(
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
        request(
            "INVITE sip:sips%3Auser%40example.com@{line} SIP/2.0",
            "esc01",
            "C: application/sdp",
            "Contact:\n  <sip:cal%6Cer@{me};%6C%72;n%61me=v%61lue%25%34%31>",
            to="sip:%75se%72@{line}",
            sender="<sip:I%20have%20spaces@{me}>;tag=938",
            cseq="234234 INVITE",
        ),
        ("200",),
        SDP,
    )
    yield Torture(
        "3.1.1.4",
        "escnull",
        request(
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
        request(
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
        request("OPTIONS sip:1883@{line} SIP/2.0", "lwsdisp", sender="caller<sip:caller@{me}>;tag=323"),
        ("200",),
    )
    yield Torture("3.1.1.7", "longreq", _long(), ("200",), SDP)
    yield Torture(
        "3.1.1.8",
        "dblreq",
        request(
            "REGISTER sip:{line} SIP/2.0", "dblreq", "Contact: sip:j.user@host.example.com", length="Content-Length: 0"
        ),
        NO_REGISTRAR,
        request("INVITE sip:1883@{line} SIP/2.0", "dblreq2", "Content-Type: application/sdp").encode(),
        lenient=UNSERVED,
    )
    yield Torture(
        "3.1.1.9",
        "semiuri",
        request("OPTIONS sip:user;par=u%40example.net@{line} SIP/2.0", "semiuri", "Accept: application/sdp"),
        ("200", "404"),
    )
    yield Torture(
        "3.1.1.10",
        "transports",
        request(
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
        request(
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
        SDP,
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
    return request(
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
