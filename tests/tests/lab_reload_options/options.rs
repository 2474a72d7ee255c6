//! The options, one after the other.

/// Whom the session is with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    External,
    Internal,
    /// An external one that does not come up, or not always.
    Down,
}

/// A change of one option. Of a session's text what is before `|` are its own options, then its channel's, then, after
/// another `|`, what follows the channel. `OURS` and `THEIRS` are addresses, `ASN` is the
/// neighbor's AS number.
#[derive(Debug)]
pub(crate) struct Option {
    pub(crate) kind: Kind,
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
    /// Debian's bird2 does not know it: what is done is said here.
    pub(crate) newer: std::option::Option<&'static str>,
    /// What godwit does, and what bird2 does.
    pub(crate) otherwise: std::option::Option<(&'static str, &'static str)>,
}

const fn change(kind: Kind, before: &'static str, after: &'static str) -> Option {
    Option { kind, before, after, newer: None, otherwise: None }
}

/// From nothing.
const fn of(after: &'static str) -> Option {
    change(Kind::External, "", after)
}

/// Between two values.
const fn from(before: &'static str, after: &'static str) -> Option {
    change(Kind::External, before, after)
}

const fn internal(before: &'static str, after: &'static str) -> Option {
    change(Kind::Internal, before, after)
}

/// Of a session that does not come up.
const fn down(before: &'static str, after: &'static str) -> Option {
    change(Kind::Down, before, after)
}

/// Of a newer BIRD.
const fn newer(after: &'static str, what: &'static str) -> Option {
    Option { kind: Kind::External, before: "", after, newer: Some(what), otherwise: None }
}

/// Other than bird2 does.
const fn otherwise(option: Option, godwit: &'static str, bird2: &'static str) -> Option {
    Option { otherwise: Some((godwit, bird2)), ..option }
}

const STAYS: &str = "stays";
const RESTARTS: &str = "restarts";
const RELOADS: &str = "reloads";

pub(crate) const OPTIONS: &[Option] = &[
    // Of any protocol.
    of(""),
    of("description \"x\";"),
    of("debug all;"),
    of("mrtdump all;"),
    of("disabled;"),
    of("router id 1.1.1.9;"),
    of("router id 1.1.1.1;"),
    // The default is all there is.
    otherwise(of("vrf default;"), STAYS, RESTARTS),
    // Of the session.
    of("local 192.0.2.3 as 65001;"),
    of("local as 65001;"),
    of("local OURS port 1179 as 65001;"),
    of("local OURS port 179 as 65001;"),
    of("local OURS as 65009;"),
    of("neighbor THEIRS as 65008;"),
    of("neighbor THEIRS external;"),
    of("neighbor THEIRS port 180 as ASN;"),
    of("neighbor THEIRS port 179 as ASN;"),
    of("interface \"v0\";"),
    of("direct;"),
    of("multihop;"),
    from("multihop;", "multihop 64;"),
    from("multihop 5;", "multihop 6;"),
    of("source address OURS;"),
    of("strict bind;"),
    of("strict bind no;"),
    of("free bind;"),
    down("", "password \"x\";"),
    down("password \"x\";", "password \"y\";"),
    // It is about what other systems do.
    otherwise(down("password \"x\";", "password \"x\"; setkey no;"), STAYS, RESTARTS),
    of("passive;"),
    internal("", "rr client;"),
    internal("", "rr cluster id 9.9.9.9;"),
    internal("rr client;", "rr client; rr cluster id 1.1.1.1;"),
    of("rs client;"),
    of("confederation 65100;"),
    of("confederation member off;"),
    down("confederation 65100;", "confederation 65100; confederation member yes;"),
    of("hold time 90;"),
    of("hold time 240;"),
    of("startup hold time 90;"),
    of("keepalive time 20;"),
    of("keepalive time 80;"),
    of("min hold time 20;"),
    of("min keepalive time 5;"),
    newer("send hold time 500;", RESTARTS),
    from("connect delay time 1;", "connect delay time 2;"),
    // None is five seconds.
    from("/* connect delay */", "connect delay time 5;"),
    from("connect delay time 5;", "/* connect delay */"),
    from("/* connect delay */", "connect delay time 1;"),
    of("connect retry time 7;"),
    of("connect retry time 120;"),
    of("error wait time 1, 2;"),
    of("error forget time 7;"),
    of("disable after error;"),
    of("disable after cease;"),
    of("path metric off;"),
    of("med metric;"),
    of("deterministic med;"),
    of("igp metric off;"),
    of("prefer older;"),
    of("default bgp_med 5;"),
    of("default bgp_local_pref 5;"),
    of("allow local as 1;"),
    of("allow local as 0;"),
    of("allow bgp_local_pref;"),
    newer("allow bgp_med;", RESTARTS),
    of("allow as sets off;"),
    of("enforce first as;"),
    of("interpret communities off;"),
    of("interpret communities;"),
    of("enable route refresh off;"),
    newer("enable enhanced route refresh off;", RESTARTS),
    of("enable as4 off;"),
    of("enable extended messages;"),
    of("advertise hostname;"),
    of("advertise hostname off;"),
    of("capabilities off;"),
    of("local role peer;"),
    down("local role peer;", "local role peer; require roles;"),
    newer("require route refresh;", RESTARTS),
    newer("require graceful restart;", RESTARTS),
    of("graceful restart;"),
    of("graceful restart off;"),
    of("graceful restart aware;"),
    of("graceful restart time 77;"),
    newer("min graceful restart time 7;", RESTARTS),
    newer("max graceful restart time 700;", RESTARTS),
    of("graceful restart; long lived graceful restart;"),
    from("graceful restart;", "graceful restart; long lived graceful restart;"),
    of("long lived graceful restart off;"),
    of("long lived graceful restart aware;"),
    of("long lived stale time 77;"),
    of("long lived stale time 3600;"),
    newer("min long lived stale time 7;", RESTARTS),
    newer("max long lived stale time 7;", RESTARTS),
    down("", "ttl security;"),
    of("check link off;"),
    of("check link on;"),
    from("check link off;", "check link on;"),
    of("bfd off;"),
    newer("disable rx;", RESTARTS),
    of("dynamic name \"x\";"),
    of("dynamic name \"dynbgp\";"),
    of("dynamic name digits 3;"),
    // Of any channel.
    of("| table t9;"),
    of("| table master4;"),
    of("| preference 90;"),
    of("| preference 100;"),
    of("| import filter f2;"),
    of("| import filter f1;"),
    from("| import filter f1;", "| import filter f2;"),
    of("| import none;"),
    of("| export filter f2;"),
    of("| export all;"),
    of("| import limit 100;"),
    from("| import limit 100;", "| import limit 100 action block;"),
    of("| receive limit 100;"),
    of("| export limit 100;"),
    of("| import keep filtered;"),
    of("| rpki reload off;"),
    of("| debug all;"),
    // Of a session's.
    of("| next hop self;"),
    of("| next hop self ibgp;"),
    of("| next hop self off;"),
    of("| next hop keep;"),
    of("| next hop keep off;"),
    from("rs client;", "rs client; | next hop keep;"),
    from("rs client;", "rs client; | next hop keep off;"),
    internal("rr client;", "rr client; | next hop keep ibgp;"),
    internal("rr client;", "rr client; | next hop keep;"),
    of("| next hop address 192.0.2.3;"),
    of("| next hop prefer global;"),
    from("multihop;", "multihop; | next hop prefer global;"),
    newer("| link local next hop format single;", RELOADS),
    of("| gateway recursive;"),
    of("| gateway direct;"),
    from("| gateway recursive;", "| gateway direct;"),
    from("multihop;", "multihop; | gateway recursive;"),
    from("| gateway recursive;", "| gateway recursive; igp table t9;"),
    from("| gateway recursive;", "| gateway recursive; igp table master4;"),
    of("| igp table t9;"),
    of("| igp table master4;"),
    from("| table ordered;", "| table ordered; secondary;"),
    of("| add paths;"),
    of("| add paths off;"),
    from("| add paths rx;", "| add paths tx;"),
    of("| extended next hop;"),
    of("| aigp;"),
    of("| aigp off;"),
    of("| aigp originate;"),
    internal("", "| aigp;"),
    internal("", "| aigp off;"),
    of("| cost 5;"),
    of("| import table;"),
    of("| export table;"),
    from("| import table;", "| import table; import filter f2;"),
    of("| mandatory;"),
    newer("| require add paths;", STAYS),
    // The neighbor has not announced it.
    newer("| require extended next hop;", RESTARTS),
    of("| graceful restart;"),
    of("| graceful restart off;"),
    from("graceful restart;", "graceful restart; | graceful restart;"),
    from("graceful restart;", "graceful restart; | graceful restart off;"),
    from("graceful restart;", "graceful restart; | long lived graceful restart;"),
    from(
        "graceful restart; long lived graceful restart;",
        "graceful restart; long lived graceful restart; | long lived graceful restart;",
    ),
    from(
        "graceful restart; long lived graceful restart;",
        "graceful restart; long lived graceful restart; | long lived graceful restart off;",
    ),
    from(
        "graceful restart; long lived graceful restart;",
        "graceful restart; long lived graceful restart; | long lived stale time 3600;",
    ),
    from("graceful restart;", "graceful restart; | long lived stale time 36;"),
    of("| long lived stale time 36;"),
    newer("| min long lived stale time 5;", RESTARTS),
    newer("| max long lived stale time 5;", RESTARTS),
    of("| missing lladdr drop;"),
    of("|| ipv6 { import all; export none; };"),
    // What the neighbor does not speak is down.
    from("|| ipv6 { import all; export none; };", ""),
    from("|| ipv6 { import all; export none; };", "|| ipv6 { import none; export all; };"),
    from("|| ipv6 { import all; export none; };", "|| ipv6 { import all; export none; add paths; };"),
    from("| add paths; | ipv6 { import all; export none; };", "|"),
    from("|| ipv6 { import all; export none; };", "| table t9; | ipv6 { import none; export none; };"),
    from("|| ipv6 { import all; export none; };", "| import none; | ipv6 { import none; export none; };"),
    down("|| ipv6 { import all; export none; };", "ttl security; || ipv6 { import none; export none; };"),
    down("ttl security; || ipv6 { import all; export none; };", "ttl security; | import none;"),
    down("ttl security;", "ttl security; | export all; | ipv6 { import all; export none; };"),
    from("|| ipv6 { import all; export none; };", "|| ipv6 { import all; export none; import limit 7; };"),
];
