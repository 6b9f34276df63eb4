"""RFC 4475, sections 3.1.2 to 3.4: messages with a fault, or that ask for much. Written anew for a line on loopback."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.torture import NO_REGISTRAR, REFUSED, SDP, UNSERVED, Torture, request


def invalid() -> Iterator[Torture]:
    """3.1.2: not well formed."""
    sdp = "Content-Type: application/sdp"
    yield Torture(
        "3.1.2.1",
        "badinv01",
        request(
            "INVITE sip:1883@{line} SIP/2.0",
            "badinv01",
            'Contact: "Joe" <sip:joe@example.org>;;;;',
            sdp,
            sender='"Bell, Alexander" <sip:a.g.bell@{me}>;tag=43',
            via="SIP/2.0/UDP {me};rport;branch=z9hG4bKkdjuw;;,;,,",
        ),
        REFUSED,
        SDP,
    )
    yield Torture(
        "3.1.2.2",
        "clerr",
        request("INVITE sip:1883@{line} SIP/2.0", "clerr", sdp, length="Content-Length: 9999"),
        REFUSED,
        SDP,
        lenient=("200",),
    )
    yield Torture(
        "3.1.2.3",
        "ncl",
        request("INVITE sip:1883@{line} SIP/2.0", "ncl", sdp, length="Content-Length: -999"),
        REFUSED,
        SDP,
    )
    yield Torture(
        "3.1.2.4",
        "scalar02",
        request(
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
        request("INVITE sip:1883@{line} SIP/2.0", "quotbal", sdp, to='"Mr. J. User <sip:j.user@{line}>'),
        REFUSED,
        SDP,
    )
    yield Torture("3.1.2.7", "ltgtruri", request("INVITE <sip:1883@{line}> SIP/2.0", "ltgtruri", sdp), REFUSED, SDP)
    yield Torture("3.1.2.8", "lwsruri", request("INVITE sip:1883@{line}; lr SIP/2.0", "lwsruri", sdp), REFUSED, SDP)
    yield Torture(
        "3.1.2.9",
        "lwsstart",
        request("INVITE  sip:1883@{line}  SIP/2.0", "lwsstart", sdp),
        REFUSED,
        SDP,
        lenient=("200",),
    )
    yield Torture("3.1.2.10", "trws", request("OPTIONS sip:1883@{line} SIP/2.0  ", "trws"), (*REFUSED, "200"))
    yield Torture(
        "3.1.2.11",
        "escruri",
        request("INVITE sip:1883@{line}?Route=%3Csip:example.com%3E SIP/2.0", "escruri", sdp),
        (*REFUSED, "200"),
        SDP,
    )
    yield Torture(
        "3.1.2.12",
        "baddate",
        request("INVITE sip:1883@{line} SIP/2.0", "baddate", "Date: Fri, 01 Jan 2010 16:00:00 EST", sdp),
        (*REFUSED, "200"),  # who does not need the date may look past it
        SDP,
    )
    yield Torture(
        "3.1.2.13",
        "regbadct",
        request("REGISTER sip:{line} SIP/2.0", "regbadct", "Contact: sip:user@example.com?Route=%3Csip:sip.a%3E"),
        (*REFUSED, "501"),
    )
    yield Torture(
        "3.1.2.14",
        "badaspec",
        request("OPTIONS sip:1883@{line} SIP/2.0", "badaspec", to='"Watson, Thomas" < sip:t.watson@{line} >'),
        (*REFUSED, "200"),
    )
    yield Torture(
        "3.1.2.15",
        "baddn",
        request("OPTIONS sip:1883@{line} SIP/2.0", "baddn", sender="Bell, Alexander <sip:a.g.bell@{me}>;tag=43"),
        (*REFUSED, "200"),
    )
    yield Torture(
        "3.1.2.16",
        "badvers",
        request("OPTIONS sip:1883@{line} SIP/7.0", "badvers", via="SIP/7.0/UDP {me};rport;branch=z9hG4bKkdjuw"),
        (*REFUSED, "505"),
    )
    yield Torture(
        "3.1.2.17",
        "mismatch01",
        request("OPTIONS sip:1883@{line} SIP/2.0", "mismatch01", cseq="8 INVITE"),
        REFUSED,
        lenient=("200",),
    )
    yield Torture(
        "3.1.2.18",
        "mismatch02",
        request("NEWMETHOD sip:1883@{line} SIP/2.0", "mismatch02", sdp, cseq="8 INVITE"),
        (*REFUSED, "501"),
        SDP,
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


def layers() -> Iterator[Torture]:
    """3.2 to 3.4: transactions, the application, and those who still speak RFC 2543."""
    sdp = "Content-Type: application/sdp"
    yield Torture(
        "3.2.1",
        "badbranch",
        request("OPTIONS sip:1883@{line} SIP/2.0", "badbranch", via="SIP/2.0/UDP {me};rport;branch=z9hG4bK"),
        ("200", "4xx"),
    )
    yield Torture(
        "3.3.1",
        "insuf",
        "INVITE sip:1883@{line} SIP/2.0\nCSeq: 193942 INVITE\nVia: SIP/2.0/UDP {me};rport;branch=z9hG4bKkdj.insuf\n"
        "Content-Type: application/sdp\nl: {length}\n\n",
        REFUSED,
        SDP,
    )
    yield Torture(
        "3.3.2",
        "unkscm",
        request("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0", "unkscm"),
        (*REFUSED, "200"),
    )
    yield Torture(
        "3.3.3",
        "novelsc",
        request("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0", "novelsc"),
        (*REFUSED, "200"),
    )
    yield Torture(
        "3.3.4",
        "unksm2",
        request(
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
        request(
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
        request("INVITE sip:1883@{line} SIP/2.0", "invut", "Content-Type: application/unknownformat"),
        ("415",),
        b"<audio>\r\n <pcmu port='443'/>\r\n</audio>\r\n",
    )
    yield Torture(
        "3.3.7",
        "regaut01",
        request("REGISTER sip:{line} SIP/2.0", "regaut01", "Authorization: NoOneKnowsThisScheme opaque-data=here"),
        NO_REGISTRAR,
        lenient=UNSERVED,
    )
    yield Torture(
        "3.3.8",
        "multi01",
        request(
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
        SDP,
    )
    yield Torture(
        "3.3.9",
        "mcl01",
        request(
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
        SDP,
    )
    yield Torture(
        "3.3.11", "zeromf", request("OPTIONS sip:1883@{line} SIP/2.0", "zeromf", "Max-Forwards: 0"), ("200", "483")
    )
    yield Torture(
        "3.3.12",
        "cparam01",
        request("REGISTER sip:{line} SIP/2.0", "cparam01", "Contact: sip:+19725552222@gw1.example.net;unknownparam"),
        NO_REGISTRAR,
        lenient=UNSERVED,
    )
    yield Torture(
        "3.3.13",
        "cparam02",
        request("REGISTER sip:{line} SIP/2.0", "cparam02", "Contact: <sip:+19725552222@gw1.example.net;unknownparam>"),
        NO_REGISTRAR,
        lenient=UNSERVED,
    )
    yield Torture(
        "3.3.14",
        "regescrt",
        request(
            "REGISTER sip:{line} SIP/2.0", "regescrt", "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>"
        ),
        NO_REGISTRAR,
        lenient=UNSERVED,
    )
    yield Torture(
        "3.3.15",
        "sdp01",
        request("INVITE sip:1883@{line} SIP/2.0", "sdp01", "Accept: text/nobodyKnowsThis", sdp),
        ("200", "406"),
        SDP,
    )
    yield Torture(
        "3.4.1",
        "inv2543",
        "INVITE sip:1883@{line} SIP/2.0\nVia: SIP/2.0/UDP {me}\nFrom: <sip:iuser@{me}>\nTo: <sip:1883@{line}>\n"
        "Call-ID: inv2543.1717@ios.example.com\nCSeq: 56 INVITE\nContent-Type: application/sdp\n"
        "Content-Length: {length}\n\n",
        ("200", "4xx"),
        SDP,
    )
