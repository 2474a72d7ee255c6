//! The steps. The better one has the higher address and, but where that is the step, the higher router id.

/// A neighbor.
pub(crate) struct Side {
    pub(crate) asn: u32,
    /// Its router id.
    pub(crate) id: &'static str,
    /// The next hop of its routes, if it is not its address.
    pub(crate) hop: &'static str,
    /// Options of the session with it, and of the channel.
    pub(crate) session: &'static str,
    pub(crate) channel: &'static str,
    /// The attributes of its last route, which must be taken.
    pub(crate) mark: &'static str,
}

/// Two neighbors and what they announce.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    /// Options of both sessions, and of both channels.
    pub(crate) session: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) better: Side,
    pub(crate) worse: Side,
    /// What decides, and both routes of a net.
    pub(crate) routes: &'static [(&'static str, &'static str, &'static str)],
    /// Whose is chosen: `w`, or `l` where an option leaves the step out.
    pub(crate) wanted: &'static str,
    /// The first one is chosen.
    pub(crate) oldest: bool,
}

const NEAR: Side =
    Side { asn: 65002, id: "10.0.0.2", hop: "", session: "", channel: "", mark: "as-path [ 65002 ]" };
const FAR: Side = Side { asn: 65003, id: "10.0.0.9", mark: "as-path [ 65003 ]", ..NEAR };
const INSIDE: Side = Side { asn: 65000, mark: "", ..NEAR };
const FAR_INSIDE: Side = Side { id: "10.0.0.9", ..INSIDE };
/// Members of confederation 100, whose paths begin with (65002) and (65003).
const MEMBER: Side = Side { mark: "attribute [ 0x02 0x40 0x03010000fdea ]", ..NEAR };
const FAR_MEMBER: Side = Side { mark: "attribute [ 0x02 0x40 0x03010000fdeb ]", ..FAR };

const SCENE: Scene = Scene {
    name: "",
    session: "",
    channel: "",
    better: FAR,
    worse: NEAR,
    routes: &[],
    wanted: "w",
    oldest: false,
};

/// AIGP of 50 and of 500.
macro_rules! aigp {
    (50) => {
        " attribute [ 0x1a 0x80 0x01000b0000000000000032 ]"
    };
    (500) => {
        " attribute [ 0x1a 0x80 0x01000b00000000000001f4 ]"
    };
}
/// Worse, and better, in what comes after the path.
macro_rules! after {
    (worse) => {
        " origin incomplete med 20"
    };
    (better) => {
        " origin igp med 10"
    };
}

const LENGTHS: &[(&str, &str, &str)] = &[
    ("path", concat!("as-path [ 65003 ]", after!(worse)), concat!("as-path [ 65002 1 ]", after!(better))),
    (
        "a set counts one",
        concat!("as-path [ 65003 ( 1 2 3 ) ]", after!(worse)),
        concat!("as-path [ 65002 1 2 ]", after!(better)),
    ),
    (
        "a set counts no less",
        "as-path [ 65003 ( 1 2 3 ) ] origin igp med 20",
        "as-path [ 65002 1 ] origin egp med 10",
    ),
];

pub(crate) const SCENES: &[Scene] = &[
    Scene {
        name: "preference",
        better: Side { channel: "preference 110;", ..FAR },
        routes: &[("preference", concat!("as-path [ 65003 1 ]", after!(worse)), "as-path [ 65002 ]")],
        ..SCENE
    },
    Scene {
        name: "attributes inside",
        session: "med metric;",
        channel: "aigp;",
        better: Side { hop: "10.20.2.1", ..FAR_INSIDE },
        worse: Side { hop: "10.20.1.1", ..INSIDE },
        routes: &[
            (
                "long-lived stale",
                concat!("as-path [ 65003 1 ] local-preference 50", after!(worse)),
                concat!("as-path [ 65002 ] local-preference 200 community [ 65535:6 ]", after!(better)),
            ),
            (
                "local preference",
                concat!("as-path [ 65003 1 ] local-preference 200", after!(worse), aigp!(500)),
                concat!("as-path [ 65002 ] local-preference 100", after!(better), aigp!(50)),
            ),
            (
                "aigp",
                concat!("as-path [ 65003 1 ]", after!(worse), aigp!(50)),
                concat!("as-path [ 65002 ]", after!(better), aigp!(500)),
            ),
            (
                "aigp or none",
                concat!("as-path [ 65003 1 ]", after!(worse), aigp!(500)),
                concat!("as-path [ 65002 ]", after!(better)),
            ),
        ],
        ..SCENE
    },
    Scene {
        name: "attributes",
        session: "med metric;",
        better: Side { channel: "cost 20;", ..FAR },
        worse: Side { channel: "cost 10;", ..NEAR },
        routes: &[
            LENGTHS[0],
            LENGTHS[1],
            LENGTHS[2],
            ("origin", "as-path [ 65003 ] origin igp med 20", "as-path [ 65002 ] origin egp med 10"),
            ("origin", "as-path [ 65003 ] origin egp med 20", "as-path [ 65002 ] origin incomplete med 10"),
            ("med", "as-path [ 65003 ] med 10", "as-path [ 65002 ] med 20"),
        ],
        ..SCENE
    },
    Scene {
        name: "path metric off",
        session: "path metric off; med metric;",
        routes: &[
            ("origin", "as-path [ 65003 1 ] origin igp med 20", "as-path [ 65002 ] origin egp med 10"),
            ("med", "as-path [ 65003 1 ( 2 3 ) ] med 10", "as-path [ 65002 ] med 20"),
        ],
        ..SCENE
    },
    Scene {
        name: "aigp off",
        session: "med metric;",
        routes: &[(
            "path",
            concat!("as-path [ 65003 ]", after!(worse), aigp!(500)),
            concat!("as-path [ 65002 1 ]", after!(better), aigp!(50)),
        )],
        ..SCENE
    },
    Scene {
        name: "med of different ASes",
        routes: &[("router id", "as-path [ 65003 ] med 10", "as-path [ 65002 ] med 20")],
        wanted: "l",
        ..SCENE
    },
    Scene {
        name: "enforce first as",
        session: "enforce first as;",
        routes: &[
            ("another's", "as-path [ 65003 1 ] med 20", "as-path [ 1 ]"),
            ("a set", "as-path [ 65003 1 ]", "as-path [ ( 65002 65004 ) ]"),
            ("none", "as-path [ 65003 1 ]", "as-path [ ]"),
        ],
        ..SCENE
    },
    Scene {
        name: "not enforced",
        routes: &[
            ("another's", "as-path [ 65003 1 ]", "as-path [ 1 ]"),
            ("none", "as-path [ 65003 ]", "as-path [ ]"),
        ],
        wanted: "l",
        ..SCENE
    },
    Scene {
        name: "allow local as",
        session: "allow local as 1;",
        routes: &[
            ("too often", "as-path [ 65003 1 2 3 ]", "as-path [ 65002 65000 65000 ]"),
            ("often enough", "as-path [ 65003 65000 ]", "as-path [ 65002 1 2 ]"),
        ],
        ..SCENE
    },
    Scene {
        name: "allow as sets",
        session: "allow as sets off;",
        routes: &[("a set", "as-path [ 65003 1 2 3 ]", "as-path [ 65002 ( 1 2 ) ]")],
        ..SCENE
    },
    Scene {
        name: "external",
        worse: Side { mark: "as-path [ 65002 ]", ..INSIDE },
        better: Side { channel: "cost 20;", ..FAR },
        routes: &[("external", "as-path [ 65003 ]", "as-path [ 65002 ] local-preference 100")],
        ..SCENE
    },
    Scene {
        name: "next hop",
        better: Side { hop: "10.20.1.1", ..FAR_INSIDE },
        worse: Side { hop: "10.20.2.1", ..INSIDE },
        routes: &[
            ("igp metric", "as-path [ 7 ]", "as-path [ 7 ]"),
            ("none is further", "as-path [ 7 ]", "as-path [ 7 ] next-hop 10.20.3.1"),
            ("no route", "as-path [ 7 8 ]", "as-path [ 7 ] local-preference 200 next-hop 10.99.9.9"),
            ("unreachable", "as-path [ 7 8 ]", "as-path [ 7 ] local-preference 200 next-hop 10.20.5.1"),
            ("dropped", "as-path [ 7 ] next-hop 10.20.4.1", "as-path [ 7 ]"),
            ("prohibited", "as-path [ 7 ] local-preference 200 next-hop 10.20.6.1", "as-path [ 7 ]"),
        ],
        ..SCENE
    },
    Scene {
        name: "igp metric off",
        session: "igp metric off;",
        better: Side { hop: "10.20.1.1", ..FAR_INSIDE },
        worse: Side { hop: "10.20.2.1", ..INSIDE },
        routes: &[("router id", "as-path [ 7 ]", "as-path [ 7 ]")],
        wanted: "l",
        ..SCENE
    },
    Scene {
        name: "prefer older",
        session: "prefer older;",
        routes: &[("age", "as-path [ 65003 ]", "as-path [ 65002 ]")],
        oldest: true,
        ..SCENE
    },
    Scene {
        name: "prefer older, inside",
        session: "prefer older;",
        better: FAR_INSIDE,
        worse: INSIDE,
        routes: &[("router id", "as-path [ 7 ]", "as-path [ 7 ]")],
        wanted: "l",
        ..SCENE
    },
    Scene {
        name: "router id",
        better: INSIDE,
        worse: FAR_INSIDE,
        routes: &[
            ("router id", "cluster-list [ 1.1.1.1 2.2.2.2 ]", "cluster-list [ 1.1.1.1 ]"),
            (
                "originator",
                "originator-id 10.0.0.3 cluster-list [ 1.1.1.1 2.2.2.2 ]",
                "originator-id 10.0.0.4 cluster-list [ 1.1.1.1 ]",
            ),
            ("originator and router", "cluster-list [ 1.1.1.1 2.2.2.2 ]", "originator-id 10.0.0.4"),
            (
                "clusters",
                "originator-id 10.0.0.3 cluster-list [ 1.1.1.1 ]",
                "originator-id 10.0.0.3 cluster-list [ 1.1.1.1 2.2.2.2 ]",
            ),
        ],
        ..SCENE
    },
    Scene {
        name: "address",
        better: FAR_INSIDE,
        worse: INSIDE,
        routes: &[("the lower one", "originator-id 10.0.0.3", "originator-id 10.0.0.3")],
        wanted: "l",
        ..SCENE
    },
    // (65003 1 2 3) 7 and (65002) 7 8.
    Scene {
        name: "confederation",
        session: "confederation 100; confederation member;",
        better: FAR_MEMBER,
        worse: MEMBER,
        routes: &[(
            "its segments do not count",
            concat!(
                "attribute [ 0x02 0x40 0x03040000fdeb00000001000000020000000302010000000",
                "7 ] local-preference 100",
                after!(worse)
            ),
            concat!(
                "attribute [ 0x02 0x40 0x03010000fdea02020000000700000008 ] local-preference 100",
                after!(better)
            ),
        )],
        ..SCENE
    },
    // A member is no more external than who is inside.
    Scene {
        name: "confederation inside",
        session: "confederation 100; confederation member;",
        better: INSIDE,
        worse: Side { id: "10.0.0.9", ..MEMBER },
        routes: &[(
            "router id",
            "as-path [ 7 ] local-preference 100",
            "attribute [ 0x02 0x40 0x03010000fdea020100000007 ] local-preference 100",
        )],
        ..SCENE
    },
];
