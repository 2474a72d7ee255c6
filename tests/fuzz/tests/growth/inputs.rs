//! Texts of any length, and of any depth, for the targets that read text.

/// The target, what it is given, how much of it first, and the text.
pub(super) type Long = (&'static str, &'static str, usize, fn(usize) -> String);
/// The target, what is nested, and the text.
pub(super) type Deep = (&'static str, &'static str, fn(usize) -> String);

/// What `item` says of each number, in a row.
fn many(n: usize, item: impl Fn(usize) -> String) -> String {
    (0..n).map(item).collect()
}

/// The same between commas.
fn list(n: usize, item: impl Fn(usize) -> String) -> String {
    (0..n).map(item).collect::<Vec<_>>().join(", ")
}

fn net(i: usize) -> String {
    format!("10.{}.{}.0/24", i / 256 % 256, i % 256)
}

const DEVICE: &str = "router id 10.0.0.1;\nprotocol device {}\n";

/// A configuration for BIRD 2 and one for 1.6.
fn bird2(text: &str) -> String {
    format!("\x02{DEVICE}{text}")
}
fn bird16(text: &str) -> String {
    format!("\x01{DEVICE}{text}")
}

/// A filter of commands.
fn filter(commands: &str) -> String {
    format!("\x00filter t {{ {commands} accept; }}")
}

pub(super) const LONG: &[Long] = &[
    ("config_bird", "sessions", 30, |n| {
        bird2(&many(n, |i| {
            let neighbor = format!("10.0.{}.{}", i / 250, i % 250 + 1);
            format!(
                "protocol bgp p{i} {{ local as 65000; neighbor {neighbor} as 65001; ipv4 {{ import all; export none; }}; }}\n"
            )
        }))
    }),
    ("config_bird", "sessions of 1.6", 30, |n| {
        bird16(&many(n, |i| {
            format!(
                "protocol bgp p{i} {{ local as 65000; neighbor 10.0.{}.{} as 65001; }}\n",
                i / 250,
                i % 250 + 1
            )
        }))
    }),
    ("config_bird", "templates, each of the one before", 30, |n| {
        bird2(&many(n, |i| match i {
            0 => "template bgp t0 { local as 65000; }\n".into(),
            _ => format!("template bgp t{i} from t{} {{ hold time 90; }}\n", i - 1),
        }))
    }),
    ("config_bird", "tables", 60, |n| bird2(&many(n, |i| format!("ipv4 table t{i};\n")))),
    ("config_bird", "static routes", 60, |n| {
        bird2(&format!(
            "protocol static {{ ipv4; {} }}",
            many(n, |i| format!("route {} blackhole;\n", net(i)))
        ))
    }),
    ("config_bird", "constants of the one before", 60, |n| {
        bird2(&many(n, |i| match i {
            0 => "define A0 = 1;\n".into(),
            _ => format!("define A{i} = A{} + 1;\n", i - 1),
        }))
    }),
    ("config_bird", "filters", 40, |n| {
        bird2(&many(n, |i| {
            format!("filter f{i} {{ if net ~ {} then accept; bgp_med = {i}; reject; }}\n", net(i))
        }))
    }),
    ("config_bird", "functions that call the one before", 20, |n| {
        bird2(&many(n, |i| match i {
            0 => "function f0() { return true; }\n".into(),
            _ => format!("function f{i}() {{ return f{}(); }}\n", i - 1),
        }))
    }),
    ("config_bird", "functions that call the one before twice", 20, |n| {
        bird2(&many(n, |i| match i {
            0 => "function f0() { return true; }\n".into(),
            _ => format!("function f{i}() {{ return f{}() && f{}(); }}\n", i - 1, i - 1),
        }))
    }),
    ("config_bird", "pipes", 30, |n| {
        bird2(&many(n, |i| {
            format!("ipv4 table t{i};\nprotocol pipe {{ table master4; peer table t{i}; }}\n")
        }))
    }),
    ("config_bird", "logs", 60, |n| bird2(&many(n, |i| format!("log \"f{i}\" all;\n")))),
    ("config_bird", "patterns of interfaces", 60, |n| {
        bird2(&format!("protocol direct {{ ipv4; interface {}; }}", list(n, |i| format!("\"eth{i}\""))))
    }),
    ("config_bird", "names twice", 100, |n| bird2(&many(n, |_| "ipv4 table t;\n".into()))),
    ("config_bird", "errors", 100, |n| {
        bird2(&many(n, |_| "protocol bgp { hold time 1; neighbor; }\n".into()))
    }),
    ("config_bird", "errors in a line", 100, |n| {
        bird2(&many(n, |_| "protocol bgp { hold time 1; } ".into()))
    }),
    ("config_bird", "a name", 3000, |n| bird2(&format!("ipv4 table {};", "x".repeat(n)))),
    ("config_bird", "a string", 3000, |n| bird2(&format!("log \"{}\" all;", "x".repeat(n)))),
    ("config_bird", "a comment", 30_000, |n| bird2(&format!("/* {} */", "* /".repeat(n)))),
    ("config_bird", "comments", 3000, |n| bird2(&"# x\n".repeat(n))),
    ("config_bird", "semicolons", 3000, |n| bird2(&";".repeat(n))),
    ("config_bird", "included files", 10, |n| {
        bird2(&many(n, |i| format!("include \"{i}\";\n")).replace("protocol device {}\n", ""))
    }),
    ("filter_program", "prefixes of a set", 300, |n| {
        filter(&format!("if net ~ [ {} ] then reject;", list(n, net)))
    }),
    ("filter_program", "ranges of a set", 300, |n| {
        filter(&format!(
            "if bgp_med ~ [ {} ] then reject;",
            list(n, |i| format!("{}..{}", 10 * i, 10 * i + 5))
        ))
    }),
    ("filter_program", "pairs of a set", 300, |n| {
        filter(&format!("if bgp_community ~ [ {} ] then reject;", list(n, |i| format!("(1, {i})"))))
    }),
    ("filter_program", "cases", 100, |n| {
        filter(&format!(
            "case bgp_med {{ {} else: reject; }}",
            many(n, |i| format!("{i}: bgp_local_pref = {i};\n"))
        ))
    }),
    ("filter_program", "commands", 100, |n| filter(&many(n, |i| format!("bgp_med = {i};\n")))),
    ("filter_program", "conditions", 50, |n| {
        filter(&many(n, |i| format!("if bgp_med = {i} then bgp_local_pref = {i};\n")))
    }),
    ("filter_program", "conditions that are final", 50, |n| {
        filter(&many(n, |i| format!("if bgp_med = {i} then reject;\n")))
    }),
    ("filter_program", "else", 100, |n| {
        filter(&format!("{} reject;", many(n, |i| format!("if bgp_med = {i} then accept; else "))))
    }),
    ("filter_program", "alternatives", 100, |n| {
        filter(&format!("if bgp_med = 1{} then reject;", many(n, |i| format!(" || bgp_med = {i}"))))
    }),
    ("filter_program", "communities", 50, |n| {
        filter(&many(n, |i| format!("bgp_community.add((1, {i}));\n")))
    }),
    ("filter_program", "prepended", 50, |n| filter(&many(n, |i| format!("bgp_path.prepend({});\n", i + 1)))),
    ("filter_program", "variables", 100, |n| {
        filter(&(many(n, |i| format!("int v{i};\n")) + &many(n, |i| format!("v{i} = {i};\n"))))
    }),
    ("filter_program", "a path mask", 100, |n| {
        filter(&format!("if bgp_path ~ [= {} =] then reject;", "* 65001 ? ".repeat(n)))
    }),
    ("filter_program", "printed", 100, |n| filter(&format!("print {};", list(n, |_| "net".into())))),
    ("filter_program", "errors of types", 100, |n| filter(&many(n, |_| "if 1 then accept;\n".into()))),
    ("filter_program", "functions that are called", 20, |n| {
        let functions =
            many(n, |i| format!("function f{i}(int a) {{ if a > {i} then return true; return false; }}\n"));
        let calls = many(n, |i| format!("if f{i}(bgp_med) then reject;\n"));
        format!("\x00{functions}filter t {{ {calls} accept; }}")
    }),
    ("filter_program", "functions of functions", 20, |n| {
        let functions = many(n, |i| match i {
            0 => "function f0(int a) { return a; }\n".into(),
            _ => format!("function f{i}(int a) {{ return f{}(a) + f{}(a + 1); }}\n", i / 2, i / 2),
        });
        format!("\x00{functions}filter t {{ bgp_med = f{}(1); accept; }}", n - 1)
    }),
    ("ctl_command", "a word", 3000, |n| format!("show {}", "x".repeat(n))),
    ("ctl_command", "blanks", 3000, |n| format!("show{}status", " ".repeat(n))),
    ("ctl_command", "tables", 300, |n| format!("show route {}", many(n, |i| format!("table t{i} ")))),
    ("ctl_command", "a condition", 300, |n| format!("show route where net ~ [ {} ]", list(n, net))),
    ("ctl_command", "a filter", 100, |n| {
        format!("show route filter {{ {} accept; }}", many(n, |i| format!("if bgp_med = {i} then reject; ")))
    }),
    ("ctl_command", "an expression", 300, |n| format!("eval [ {} ]", list(n, |i| i.to_string()))),
    ("ctl_command", "flags", 300, |n| format!("debug all {{ {} }}", list(n, |_| "states".into()))),
    ("ctl_socket", "lines", 30, |n| format!("\x00{}", "show route\nshow symbols\nxyz\n".repeat(n))),
    ("ctl_socket", "empty lines", 300, |n| format!("\x00{}", "\n".repeat(n))),
    ("ctl_socket", "a line", 3000, |n| format!("\x00show {}\n", "x".repeat(n))),
    ("ctl_socket", "returns", 3000, |n| format!("\x00{}\n", "\r".repeat(n))),
    ("config_toml", "sessions", 30, |n| {
        let session = |i: usize| {
            let neighbor = format!("10.0.{}.{}", i / 250, i % 250 + 1);
            format!(
                "[bgp.p{i}]\nlocal-as = 65000\nneighbor = \"{neighbor}\"\nneighbor-as = 65001\n[bgp.p{i}.ipv4]\nimport = \"all\"\nexport = \"none\"\n"
            )
        };
        format!("[router]\nid = \"10.0.0.1\"\n{}", many(n, session))
    }),
    ("config_toml", "static routes", 60, |n| {
        let route = |i| format!("{{ net = \"{}\", blackhole = true }}", net(i));
        format!("[router]\nid = \"10.0.0.1\"\n[static.s1]\nipv4 = {{}}\nroutes = [{}]\n", list(n, route))
    }),
    ("config_toml", "errors", 100, |n| many(n, |i| format!("[bgp.p{i}]\nhold-time = 1\n"))),
    ("config_toml", "unknown fields", 100, |n| many(n, |i| format!("x{i} = 1\n"))),
    ("config_extra", "sessions", 30, |n| {
        let session = |i: usize| {
            format!(
                "protocol bgp X_{i} {{ local as 64512; neighbor 10.1.{}.{} as 65001; }}\n",
                i / 250,
                i % 250 + 1
            )
        };
        format!("\x00{}", many(n, session))
    }),
    ("config_extra", "overrides", 30, |n| {
        format!("\x00{}", many(n, |i| format!("override bgp \"Mesh_{i}*\" {{ hold time 30; }}\n")))
    }),
    ("config_extra", "stars", 100, |n| {
        format!("\x00override bgp \"{}x\" {{ hold time 30; }}\n", "*M".repeat(n))
    }),
    ("control_selector", "alternatives", 20, |n| format!("{}has(a)\na=1", "has(b) || ".repeat(n))),
    ("control_selector", "values", 30, |n| format!("a in {{ {} }}\na=1", list(n, |i| format!("\"{i}\"")))),
    ("control_selector", "labels", 300, |n| format!("has(a)\n{}", many(n, |i| format!("l{i}=v\n")))),
    ("control_decode", "rules", 60, |n| {
        let rule = |i| format!("{{\"action\":\"Reject\",\"cidr\":\"{}\",\"matchOperator\":\"In\"}}", net(i));
        format!(
            "\x04{{\"kind\":\"BGPFilter\",\"metadata\":{{\"name\":\"f\"}},\"spec\":{{\"exportV4\":[{}]}}}}",
            list(n, rule)
        )
    }),
    ("control_decode", "addresses", 100, |n| {
        let addresses = list(n, |i| format!("\"10.1.{}.{}\"", i / 250, i % 250));
        format!(
            "\x07{{\"metadata\":{{\"name\":\"s\",\"namespace\":\"d\"}},\"addressType\":\"IPv4\",\"endpoints\":[{{\"addresses\":[{addresses}]}}]}}"
        )
    }),
];

pub(super) const DEEP: &[Deep] = &[
    ("config_bird", "braces", |n| bird2(&format!("protocol bgp {}", "{".repeat(n)))),
    ("config_bird", "parentheses", |n| bird2(&format!("define A = {}1{};", "(".repeat(n), ")".repeat(n)))),
    ("config_bird", "a sum", |n| bird2(&format!("define A = 1{};", " + 1".repeat(n)))),
    ("config_bird", "switches", |n| bird2(&format!("protocol bgp {{ passive {}on; }}", "!".repeat(n)))),
    ("config_bird", "numbers of 1.6", |n| {
        bird16(&format!("protocol bgp {{ local as {}1; }}", "(".repeat(n)))
    }),
    ("config_bird", "blocks of a filter", |n| bird16(&format!("filter t {}", "{".repeat(n)))),
    ("config_bird", "templates", |n| {
        let n = n / 50;
        let one = |i: usize| match i {
            0 => "template bgp t0 { local as 65000; }\n".into(),
            _ => format!("template bgp t{i} from t{} {{ hold time 90; }}\n", i - 1),
        };
        bird2(&many(n, one))
    }),
    ("config_bird", "functions", |n| {
        let one = |i: usize| match i {
            0 => "function f0() { return true; }\n".into(),
            _ => format!("function f{i}() {{ return f{}(); }}\n", i - 1),
        };
        bird2(&format!("{}filter t {{ if f{}() then accept; reject; }}\n", many(n / 50, one), n / 50 - 1))
    }),
    ("filter_program", "parentheses", |n| filter(&format!("bgp_med = {}1{};", "(".repeat(n), ")".repeat(n)))),
    ("filter_program", "parentheses that do not close", |n| filter(&format!("bgp_med = {}", "(".repeat(n)))),
    ("filter_program", "denials", |n| filter(&format!("if {}true then reject;", "!".repeat(n)))),
    ("filter_program", "minus", |n| filter(&format!("bgp_med = {}1;", "-".repeat(n)))),
    ("filter_program", "a sum", |n| filter(&format!("bgp_med = bgp_med{};", " + 1".repeat(n)))),
    ("filter_program", "alternatives", |n| {
        filter(&format!("if bgp_med = 1{} then reject;", " || bgp_med = 2".repeat(n)))
    }),
    ("filter_program", "matches", |n| filter(&format!("if net{} then reject;", " ~ net".repeat(n)))),
    ("filter_program", "methods", |n| filter(&format!("bgp_path = bgp_path{};", ".prepend(1)".repeat(n)))),
    ("filter_program", "methods of a name", |n| {
        filter(&format!("if bgp_path{} = 1 then reject;", ".len".repeat(n)))
    }),
    ("filter_program", "functions as values", |n| {
        filter(&format!("bgp_path = {}bgp_path{};", "prepend(".repeat(n), ", 1)".repeat(n)))
    }),
    ("filter_program", "conditions", |n| filter(&format!("{} reject;", "if bgp_med = 1 then ".repeat(n)))),
    ("filter_program", "else", |n| {
        filter(&format!("{} reject;", "if bgp_med = 1 then accept; else ".repeat(n)))
    }),
    ("filter_program", "blocks", |n| filter(&format!("{}{}", "{".repeat(n), "}".repeat(n)))),
    ("filter_program", "cases", |n| filter(&"case bgp_med { 1: ".repeat(n))),
    ("filter_program", "loops", |n| filter(&"for int a in bgp_path do ".repeat(n))),
    ("filter_program", "sets", |n| {
        filter(&format!("if 1 ~ {}1{} then reject;", "[".repeat(n), "]".repeat(n)))
    }),
    ("filter_program", "masks", |n| {
        filter(&format!("if bgp_path ~ {}1{} then reject;", "[= ".repeat(n), " =]".repeat(n)))
    }),
    ("filter_program", "tuples", |n| {
        filter(&format!("bgp_community.add({}1{});", "(".repeat(n), ", 1)".repeat(n)))
    }),
    ("filter_program", "functions", |n| {
        let one = |i: usize| match i {
            0 => "function f0() { return true; }\n".into(),
            _ => format!("function f{i}() {{ return f{}(); }}\n", i - 1),
        };
        format!("\x00{}filter t {{ if f{}() then accept; reject; }}\n", many(n / 50, one), n / 50 - 1)
    }),
    ("filter_program", "a function of itself", |_| {
        "\x00function f(int a) { return f(a + 1); }\nfilter t { if f(1) then accept; reject; }\n".into()
    }),
    ("filter_program", "calls in calls", |n| {
        format!(
            "\x00function f(int a) {{ return a; }}\nfilter t {{ bgp_med = {}1{}; accept; }}",
            "f(".repeat(n),
            ")".repeat(n)
        )
    }),
    ("ctl_command", "parentheses", |n| format!("eval {}1", "(".repeat(n))),
    ("ctl_command", "a sum", |n| format!("eval 1{}", " + 1".repeat(n))),
    ("ctl_command", "braces", |n| format!("show route filter {}", "{".repeat(n))),
    ("ctl_command", "denials", |n| format!("show route where {}true", "!".repeat(n))),
    ("ctl_command", "strings", |n| format!("show route where {}", "\"".repeat(n))),
    ("config_toml", "lists", |n| format!("a = {}", "[".repeat(n))),
    ("config_toml", "tables", |n| format!("a = {}", "{ a = ".repeat(n))),
    ("config_toml", "a key", |n| format!("a{} = 1", ".a".repeat(n))),
    ("config_toml", "a heading", |n| format!("[a{}]", ".a".repeat(n))),
    ("config_toml", "a filter", |n| format!("[filter]\nt = \"if {}true then accept;\"", "!".repeat(n))),
    ("config_extra", "braces", |n| format!("\x00override bgp \"*\" {}", "{".repeat(n))),
    ("config_extra", "lists", |n| format!("\x01a = {}", "[".repeat(n))),
    ("control_selector", "parentheses", |n| format!("{}has(a){}\na=1", "(".repeat(n), ")".repeat(n))),
    ("control_selector", "denials", |n| format!("{}has(a)\na=1", "!".repeat(n))),
    ("control_selector", "alternatives", |n| format!("has(a){}\na=1", " || has(a)".repeat(n))),
    ("control_decode", "lists", |n| format!("\x00{}", "[".repeat(n))),
    ("control_decode", "objects", |n| format!("\x00{}", "{\"spec\":".repeat(n))),
    ("control_decode", "a selector", |n| {
        let selector = "(".repeat(n);
        format!("\x03{{\"metadata\":{{\"name\":\"p\"}},\"spec\":{{\"nodeSelector\":\"{selector}\"}}}}")
    }),
];
