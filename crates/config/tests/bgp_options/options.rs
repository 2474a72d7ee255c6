//! The options, and texts with them.

/// Where an option stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Of {
    Session,
    Channel,
}
use Of::{Channel, Session};

/// What a change of it needs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Needs {
    /// The session restarts for this.
    Restart(&'static str),
    /// Routes are imported again, exported again.
    Routes(bool, bool),
}
use Needs::{Restart, Routes};

pub(crate) const SOFT: Needs = Routes(false, false);

/// In bird.conf, in TOML, and what a change needs.
pub(crate) const OPTIONS: &[(Of, &str, &str, Needs)] = &[
    (Session, "free bind;", "free-bind = true", Restart("free bind")),
    (Session, "dynamic name \"x\";", "dynamic-name = 'x'", Restart("dynamic name")),
    (Session, "dynamic name digits 4;", "dynamic-name-digits = 4", Restart("dynamic name digits")),
    (Session, "confederation 65000;", "confederation = 65000", Restart("confederation")),
    (Session, "local role rs_server;", "local-role = 'rs-server'", Restart("local role")),
    (
        Session,
        "local role peer; require roles;",
        "local-role = 'peer'\nrequire = 'roles'",
        Restart("local role"),
    ),
    (Session, "min hold time 60;", "min-hold-time = 60", Restart("min hold time")),
    (Session, "min keepalive time 6;", "min-keepalive-time = 6", Restart("min keepalive time")),
    (Session, "send hold time 0;", "send-hold-time = 0", Restart("send hold time")),
    (Session, "send hold time 600;", "send-hold-time = 600", Restart("send hold time")),
    (Session, "disable after cease;", "disable-after-cease = true", Restart("disable after cease")),
    (
        Session,
        "disable after cease { prefix limit hit, out of resources };",
        "disable-after-cease = ['prefix-limit-hit', 'out-of-resources']",
        Restart("disable after cease"),
    ),
    (Session, "allow bgp_med;", "allow-med = true", Restart("allow bgp_med")),
    (
        Session,
        "enable enhanced route refresh off;",
        "enhanced-route-refresh = false",
        Restart("enable enhanced route refresh"),
    ),
    (Session, "enable extended messages;", "extended-messages = true", Restart("enable extended messages")),
    (Session, "advertise hostname;", "advertise-hostname = true", Restart("advertise hostname")),
    (Session, "advertise ipv4 off;", "advertise-ipv4 = false", Restart("advertise ipv4")),
    (
        Session,
        "require route refresh; require enhanced route refresh; require as4; require extended messages;",
        "require = ['route-refresh', 'enhanced-route-refresh', 'four-octet-as', 'extended-messages']",
        Restart("require"),
    ),
    (
        Session,
        "require hostname; require graceful restart; require long lived graceful restart;",
        "require = ['hostname', 'graceful-restart', 'long-lived-graceful-restart']",
        Restart("require"),
    ),
    (
        Session,
        "min graceful restart time 9;",
        "min-graceful-restart-time = 9",
        Restart("min graceful restart time"),
    ),
    (
        Session,
        "max graceful restart time 9;",
        "max-graceful-restart-time = 9",
        Restart("max graceful restart time"),
    ),
    (Session, "long lived graceful restart aware;", "long-lived-graceful-restart = 'aware'", SOFT),
    (
        Session,
        "long lived graceful restart off;",
        "long-lived-graceful-restart = false",
        Restart("long lived graceful restart"),
    ),
    (Session, "long lived stale time 9;", "long-lived-stale-time = 9", Restart("long lived stale time")),
    (
        Session,
        "min long lived stale time 9; max long lived stale time 10;",
        "min-long-lived-stale-time = 9\nmax-long-lived-stale-time = 10",
        Restart("min long lived stale time"),
    ),
    (Session, "bfd;", "bfd = true", SOFT),
    (Session, "bfd graceful;", "bfd = 'graceful'", SOFT),
    (
        Session,
        "bfd { interval 100 ms; idle tx interval 2 s; multiplier 4; passive; };",
        "bfd = { min-rx-ms = 100, min-tx-ms = 100, idle-tx-ms = 2000, multiplier = 4, passive = true }",
        SOFT,
    ),
    (Session, "disable rx;", "disable-rx = true", Restart("disable rx")),
    (Session, "interface \"e0\"; onlink;", "interface = 'e0'\nonlink = true", Restart("neighbor")),
    (
        Session,
        "strict bind; interface range -\"lo\", \"e*\";",
        "strict-bind = true\ninterface-range = ['-lo', 'e*']",
        Restart("interface range"),
    ),
    (
        Session,
        "authentication ao; keys { key { id 1; secret \"x\"; preferred; };
         key { send id 2; recv id 3; algorithm hmac sha384; secret \"y\"; deprecated; }; };",
        "tcp-ao-keys = [{ id = 1, secret = 'x', preferred = true },
         { send-id = 2, recv-id = 3, algorithm = 'hmac sha384', secret = 'y', deprecated = true }]",
        Restart("keys"),
    ),
    (Session, "authentication md5; password \"x\";", "password = 'x'", Restart("password")),
    (Channel, "next hop prefer local;", "next-hop-prefer = 'local'", Routes(true, false)),
    (
        Channel,
        "link local next hop format single;",
        "link-local-next-hop-format = 'single'",
        Routes(false, true),
    ),
    (Channel, "extended next hop;", "extended-next-hop = true", Restart("extended next hop")),
    (Channel, "require extended next hop;", "require-extended-next-hop = true", SOFT),
    (Channel, "cost 7;", "cost = 7", Routes(true, false)),
    (Channel, "aigp;", "aigp = true", Routes(true, true)),
    (Channel, "aigp originate;", "aigp = 'originate'", Routes(true, true)),
    (Channel, "import table;", "import-table = true", Restart("import table")),
    (Channel, "export table;", "export-table = true", Restart("export table")),
    (Channel, "require add paths;", "require-add-paths = true", SOFT),
    (
        Channel,
        "long lived graceful restart;",
        "long-lived-graceful-restart = true",
        Restart("long lived graceful restart"),
    ),
    (Channel, "long lived stale time 9;", "long-lived-stale-time = 9", Restart("long lived stale time")),
    (
        Channel,
        "min long lived stale time 9; max long lived stale time 10;",
        "min-long-lived-stale-time = 9\nmax-long-lived-stale-time = 10",
        Restart("min long lived stale time"),
    ),
    (Channel, "export limit 5 action warn;", "export-limit = { max = 5, action = 'warn' }", SOFT),
    (Channel, "receive limit 5 action restart;", "receive-limit = { max = 5, action = 'restart' }", SOFT),
];

/// Options BIRD does not have, in TOML, and in an extra file of BIRD's language.
pub(crate) const OWN: &[(Of, &str, &str, &str, Needs)] = &[
    (Session, "dynamic-limit = 5", "dynamic limit 5;", "# dynamic limit 5", SOFT),
    (
        Session,
        "graceful-notification = true",
        "graceful notification;",
        "# graceful notification on",
        Restart("graceful notification"),
    ),
    (Channel, "as-override = true", "as override;", "# as override on", Routes(false, true)),
    (
        Channel,
        "remove-private-as = true",
        "remove private as;",
        "# remove private as on",
        Routes(false, true),
    ),
    (
        Channel,
        "remove-private-as = 'replace'",
        "remove private as replace;",
        "# remove private as replace",
        Routes(false, true),
    ),
];

/// A session of 2.x with an option.
pub(crate) fn conf(of: Of, option: &str) -> String {
    let (here, there) = if of == Session { (option, "") } else { ("", option) };
    format!(
        "protocol bgp b {{ local 192.0.2.1 as 1; neighbor 192.0.2.2 as 2; {here}
         ipv4 {{ import all; export none; {there} }}; }}"
    )
}

/// The same in 1.6, where a channel's options are the session's.
pub(crate) fn conf16(option: &str) -> String {
    format!(
        "protocol bgp b {{ local 192.0.2.1 as 1; neighbor 192.0.2.2 as 2; import all; export none; {option} }}"
    )
}

pub(crate) fn toml(of: Of, option: &str) -> String {
    let (here, there) = if of == Session { (option, "") } else { ("", option) };
    // The one default that is not BIRD's.
    let sets = if here.starts_with("allow-as-sets") { "" } else { "allow-as-sets = true\n" };
    format!(
        "[bgp.b]\n{sets}local-address = '192.0.2.1'\nlocal-as = 1\nneighbor = '192.0.2.2'\nneighbor-as = 2\n{here}
         [bgp.b.ipv4]\nimport = 'all'\nexport = 'none'\n{there}\n"
    )
}
