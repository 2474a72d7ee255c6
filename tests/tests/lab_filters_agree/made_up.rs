//! Expressions and filters that nobody wrote: of the supported language, mostly of the right types.

/// Numbers that look random and are the same each time.
pub(crate) struct Source {
    state: u64,
    /// Whether there is a route to ask.
    route: bool,
}

/// The types whose expressions are made.
#[derive(Clone, Copy)]
enum Of {
    Bool,
    Int,
    Ip,
    Prefix,
    Pair,
    Ec,
    Lc,
    Path,
    Clist,
    Eclist,
    Lclist,
    Quad,
    Text,
}

const NUMBERS: &[&str] =
    &["0", "1", "2", "3", "7", "16", "24", "65535", "65536", "4294967295", "2147483648", "0xff", "A"];
const SMALL: &[&str] = &["0", "1", "2", "3", "4", "5", "16", "24"];
const ADDRESSES: &[&str] =
    &["0.0.0.0", "10.1.0.0", "1.2.3.4", "255.255.255.255", "::", "2001:db8::1", "fe80::1", "::ffff:10.1.0.0"];
const PREFIXES: &[&str] =
    &["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "1.2.3.4/32", "::/0", "2001:db8::/32"];
const PREFIX_SETS: &[&str] = &[
    "[ 10.0.0.0/8+ ]",
    "[ 10.1.2.0/24- ]",
    "[ 10.0.0.0/8{12,20}, 0.0.0.0/0 ]",
    "[ 0.0.0.0/0{8,16} ]",
    "[ 2001:db8::/32+, ::/0 ]",
    "[ ::/0{0,32} ]",
    "PS",
];
const INT_SETS: &[&str] = &["[1]", "[1, 3..5]", "[0..65535]", "[16, 24]", "[A]", "S", "[4294967295]"];
const PAIR_SETS: &[&str] =
    &["[(1,2)]", "[(1,*)]", "[(*,2)]", "[(1..5,*), (7,4)]", "[(1,2)..(3,4)]", "[(3,0..9)]"];
const EC_SETS: &[&str] =
    &["[(rt,1,*)]", "[(rt,1,2), (ro,1,2)]", "[(rt,70000,*)]", "[(generic,0x43000000,*)]"];
const LC_SETS: &[&str] =
    &["[(1,2,3)]", "[(1,2,*)]", "[(1,*,*)]", "[(*,*,*)]", "[(1,1..2,*)]", "[(1,2,2..9)]"];
const MASKS: &[&str] = &[
    "[= * =]",
    "[= =]",
    "[= ? =]",
    "[= 1 * =]",
    "[= * 3 =]",
    "[= 1 2 3 =]",
    "[= * 2 * =]",
    "[= 1..2 + * =]",
    "[= ? ? ? =]",
    "[= [1,2] + 3 =]",
    "[= * [3,4] ? * =]",
    "[= (1+1) * =]",
    "[= A * =]",
];
const PATTERNS: &[&str] = &["\"*\"", "\"*1*\"", "\"?\"", "\"(*)\"", "\"10.?.*\"", "\"TRUE\"", "\"*,?)\""];
/// The items of two branches. Of those that overlap there are never more than BIRD's tree finds.
const CASES: &[&str] =
    &["0..3, 16|24", "0..16|10..24", "24|16..30", "16|16", "5, 7, 9..20|16", "0|1..4294967295"];
const COMPARE: &[&str] = &["=", "!=", "<", "<=", ">", ">="];

impl Source {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed, route: false }
    }

    /// A number below `n` (splitmix64).
    fn below(&mut self, n: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn one(&mut self, of: &'static [&'static str]) -> String {
        of[self.below(of.len())].to_owned()
    }

    /// An expression that needs no route.
    pub(crate) fn expression(&mut self) -> String {
        use Of::{Bool, Clist, Ec, Eclist, Int, Ip, Lc, Lclist, Pair, Path, Prefix};
        self.route = false;
        let all = [Bool, Bool, Bool, Int, Int, Ip, Prefix, Pair, Ec, Lc, Path, Clist, Eclist, Lclist];
        let of = all[self.below(all.len())];
        self.make(of, 4)
    }

    /// What is between the braces of a filter.
    pub(crate) fn body(&mut self) -> String {
        self.route = true;
        let mut body =
            if self.below(3) == 0 { "int i = 3; ".to_owned() } else { "int i = net.len; ".to_owned() };
        for _ in 0..=self.below(4) {
            body += &self.command(2);
        }
        if self.below(3) == 0 {
            let condition = self.make(Of::Bool, 2);
            body.extend(["if ", &condition, " then reject; "]);
        }
        body + "accept;"
    }

    fn command(&mut self, deep: usize) -> String {
        let choices = if deep == 0 { 21 } else { 26 };
        match self.below(choices) {
            0 => format!("bgp_med = {}; ", self.make(Of::Int, 2)),
            1 => format!("bgp_local_pref = {}; ", self.make(Of::Int, 2)),
            2 => format!("preference = {}; ", self.make(Of::Int, 1)),
            3 => format!("bgp_path.prepend({}); ", self.make(Of::Int, 1)),
            4 => format!("bgp_community.add({}); ", self.make(Of::Pair, 1)),
            5 => format!("bgp_community.{}({}); ", self.trim(), self.one(PAIR_SETS)),
            6 => format!("bgp_ext_community.add({}); ", self.make(Of::Ec, 1)),
            7 => format!("bgp_ext_community.{}({}); ", self.trim(), self.one(EC_SETS)),
            8 => format!("bgp_large_community.add({}); ", self.make(Of::Lc, 1)),
            9 => format!("bgp_large_community.{}({}); ", self.trim(), self.one(LC_SETS)),
            10 => format!("bgp_path.{}({}); ", self.trim(), self.one(INT_SETS)),
            11 => {
                let what = ["bgp_med", "bgp_path", "bgp_community", "bgp_local_pref", "bgp_large_community"];
                format!("unset({}); ", what[self.below(what.len())])
            }
            12 => format!("i = {}; ", self.make(Of::Int, 2)),
            13 => format!("bgp_path = {}; ", self.make(Of::Path, 2)),
            14 => format!("xi = {}; ", self.make(Of::Int, 1)),
            15 => format!("xj = {}; ", self.make(Of::Clist, 2)),
            16 => format!("xk = {}; ", self.make(Of::Path, 2)),
            17 => format!("xl = {}; ", self.make(Of::Eclist, 2)),
            18 => format!("xm = {}; ", self.make(Of::Lclist, 2)),
            19 => format!("xn = {}; ", self.make(Of::Ip, 2)),
            20 => format!("bgp_cluster_list.{}({}); ", ["add", "delete"][self.below(2)], self.leaf(Of::Quad)),
            21 => format!("for pair n in bgp_community do {{ bgp_med = n.asn; {}}} ", self.command(deep - 1)),
            22 => format!("for int n in bgp_path do {{ {}}} ", self.command(deep - 1)),
            23 => {
                let (subject, a, b) = (self.make(Of::Int, 1), self.command(deep - 1), self.command(deep - 1));
                let items = self.one(CASES);
                let (first, second) = items.split_once('|').unwrap_or((&items, "24"));
                format!("case {subject} {{ {first}: {a} {second}: {b} else: {b} }} ")
            }
            24 => format!("if {} then {{ {}}} ", self.make(Of::Bool, 2), self.command(deep - 1)),
            _ => {
                let (condition, a, b) =
                    (self.make(Of::Bool, 2), self.command(deep - 1), self.command(deep - 1));
                format!("if {condition} then {{ {a}}} else {{ {b}}} ")
            }
        }
    }

    fn trim(&mut self) -> &'static str {
        ["delete", "filter"][self.below(2)]
    }

    fn make(&mut self, of: Of, deep: usize) -> String {
        if deep == 0 {
            return self.leaf(of);
        }
        let d = deep - 1;
        match (of, self.below(4)) {
            (_, 0) => self.leaf(of),
            (Of::Bool, _) => self.boolean(d),
            (Of::Int, _) => self.integer(d),
            (Of::Ip, 1) => format!("{}.mask({})", self.leaf(of), self.one(SMALL)),
            (Of::Ip, _) => format!("{}.ip", self.leaf(Of::Prefix)),
            (Of::Prefix | Of::Quad, _) => self.leaf(of),
            (Of::Text, _) => {
                let types =
                    [Of::Bool, Of::Int, Of::Ip, Of::Prefix, Of::Pair, Of::Ec, Of::Lc, Of::Path, Of::Clist];
                let of = types[self.below(types.len())];
                format!("format({})", self.make(of, d))
            }
            (Of::Pair, 1) => format!("{}.{}", self.make(Of::Clist, d), ["min", "max"][self.below(2)]),
            (Of::Pair, _) => format!("({}, {})", self.make(Of::Int, d), self.make(Of::Int, d)),
            (Of::Ec, 1) => format!("(ro, {}, {})", self.one(NUMBERS), self.make(Of::Int, d)),
            (Of::Ec, _) => format!("(rt, {}, {})", self.make(Of::Int, d), self.one(SMALL)),
            (Of::Lc, 1) => format!("{}.{}", self.make(Of::Lclist, d), ["min", "max"][self.below(2)]),
            (Of::Lc, _) => {
                format!("({}, {}, {})", self.make(Of::Int, d), self.make(Of::Int, d), self.make(Of::Int, d))
            }
            (Of::Path, 1) => format!("{}({}, {})", self.trim(), self.make(of, d), self.one(INT_SETS)),
            (Of::Path, 2) => format!("delete({}, {})", self.make(of, d), self.make(Of::Int, d)),
            (Of::Path, _) => format!("prepend({}, {})", self.make(of, d), self.make(Of::Int, d)),
            (Of::Clist, n) => self.list(n, of, Of::Pair, PAIR_SETS, d),
            (Of::Eclist, n) => self.list(n, of, Of::Ec, EC_SETS, d),
            (Of::Lclist, n) => self.list(n, of, Of::Lc, LC_SETS, d),
        }
    }

    fn list(&mut self, n: usize, of: Of, member: Of, sets: &'static [&'static str], d: usize) -> String {
        match n {
            1 => format!("{}({}, {})", self.trim(), self.make(of, d), self.one(sets)),
            2 => {
                let op = ["add", "delete", "filter"][self.below(3)];
                format!("{op}({}, {})", self.make(of, d), self.make(of, d))
            }
            _ => format!("add({}, {})", self.make(of, d), self.make(member, d)),
        }
    }

    fn boolean(&mut self, d: usize) -> String {
        use Of::{Bool, Clist, Ec, Eclist, Int, Ip, Lc, Lclist, Pair, Path, Prefix};
        let not = ["", "!"][self.below(2)];
        match self.below(16) {
            14 => format!("({} {not}= {})", self.make(Of::Text, d), self.make(Of::Text, d)),
            15 => format!("({} {not}~ {})", self.make(Of::Text, d), self.one(PATTERNS)),
            0 => format!("({} && {})", self.make(Bool, d), self.make(Bool, d)),
            1 => format!("({} || {})", self.make(Bool, d), self.make(Bool, d)),
            2 => format!("(!{})", self.make(Bool, d)),
            3 | 4 => {
                let types = [Bool, Int, Int, Ip, Prefix, Pair, Ec, Lc];
                let of = types[self.below(types.len())];
                format!("({} {} {})", self.make(of, d), self.one(COMPARE), self.make(of, d))
            }
            5 => {
                let types = [Bool, Int, Ip, Prefix, Pair, Ec, Lc, Path, Clist, Eclist, Lclist];
                let (a, b) = (types[self.below(types.len())], types[self.below(types.len())]);
                format!("({} {not}= {})", self.make(a, d), self.make(if d > 1 { b } else { a }, d))
            }
            6 => format!("({} {not}~ {})", self.make(Prefix, d), self.one(PREFIX_SETS)),
            7 => format!("({} {not}~ {})", self.make(Int, d), self.one(INT_SETS)),
            8 => format!("({} {not}~ {})", self.make(Path, d), self.one(MASKS)),
            9 => format!("({} {not}~ {})", self.make(Path, d), self.one(INT_SETS)),
            10 => format!("({} {not}~ {})", self.make(Clist, d), self.one(PAIR_SETS)),
            11 => format!("({} {not}~ {})", self.make(Eclist, d), self.one(EC_SETS)),
            12 => format!("({} {not}~ {})", self.make(Lclist, d), self.one(LC_SETS)),
            _ => match self.below(5) {
                0 => format!("({} {not}~ {})", self.make(Ip, d), self.one(PREFIXES)),
                1 => format!("({} {not}~ {})", self.make(Prefix, d), self.make(Prefix, d)),
                2 => format!("({} {not}~ {})", self.make(Pair, d), self.make(Clist, d)),
                3 => format!("({} {not}~ {})", self.make(Int, d), self.make(Path, d)),
                _ => format!("({} {not}~ {})", self.make(Lc, d), self.make(Lclist, d)),
            },
        }
    }

    fn integer(&mut self, d: usize) -> String {
        match self.below(12) {
            0 | 1 => format!("({} + {})", self.make(Of::Int, d), self.make(Of::Int, d)),
            2 => format!("({} - {})", self.make(Of::Int, d), self.make(Of::Int, d)),
            3 => format!("({} * {})", self.make(Of::Int, d), self.make(Of::Int, d)),
            4 => format!("({} / {})", self.make(Of::Int, d), self.make(Of::Int, d)),
            5 => format!("{}.len", self.leaf(Of::Prefix)),
            6 => format!("{}.{}", self.make(Of::Path, d), ["len", "first", "last"][self.below(3)]),
            7 => format!("{}.len", self.make(Of::Clist, d)),
            8 => format!("{}.{}", self.make(Of::Pair, d), ["asn", "data"][self.below(2)]),
            9 => format!("{}.{}", self.make(Of::Lc, d), ["asn", "data1", "data2"][self.below(3)]),
            10 => format!("f({})", self.make(Of::Int, d)),
            _ => format!("fact({}.len)", self.leaf(Of::Prefix)),
        }
    }

    fn leaf(&mut self, of: Of) -> String {
        let here = self.route && self.below(2) == 0;
        match of {
            Of::Bool if here => self.one(&[
                "defined(bgp_med)",
                "defined(krt_metric)",
                "source = RTS_STATIC",
                "defined(bgp_path)",
                "defined(xi)",
                "defined(xj)",
                "defined(xk)",
                "net.ip.is_v4",
            ]),
            Of::Int if here => {
                self.one(&["i", "bgp_med", "preference", "net.len", "bgp_local_pref", "gw_mpls", "xi"])
            }
            Of::Ip if here => self.one(&["bgp_next_hop", "net.ip", "gw", "from", "xn"]),
            Of::Path if here => "xk".into(),
            Of::Clist if here => self.one(&["xj", "bgp_cluster_list"]),
            Of::Eclist if here => "xl".into(),
            Of::Lclist if here => "xm".into(),
            Of::Quad if here => "bgp_originator_id".into(),
            Of::Quad => self.one(&["1.2.3.4", "9.9.9.9", "0.0.0.1"]),
            Of::Text => self.one(&["\"a\"", "\"10.1.0.0/16\"", "\"(1,2)\"", "\"\""]),
            Of::Prefix if here => "net".into(),
            Of::Path if self.route => "bgp_path".into(),
            Of::Clist if self.route => "bgp_community".into(),
            Of::Eclist if self.route => "bgp_ext_community".into(),
            Of::Lclist if self.route => "bgp_large_community".into(),
            Of::Bool => self.one(&["true", "false"]),
            Of::Int if self.below(2) == 0 => self.one(SMALL),
            Of::Int => self.one(NUMBERS),
            Of::Ip => self.one(ADDRESSES),
            Of::Prefix => self.one(PREFIXES),
            Of::Pair => format!("({}, {})", self.one(SMALL), self.one(SMALL)),
            Of::Ec => format!("({}, {}, {})", ["rt", "ro"][self.below(2)], self.one(SMALL), self.one(SMALL)),
            Of::Lc => format!("({}, {}, {})", self.one(SMALL), self.one(NUMBERS), self.one(SMALL)),
            Of::Path => "+empty+".into(),
            Of::Clist => "-empty-".into(),
            Of::Eclist => "--empty--".into(),
            Of::Lclist => "---empty---".into(),
        }
    }
}
