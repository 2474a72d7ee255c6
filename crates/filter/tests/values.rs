//! Expressions and how their values print. What is expected is what BIRD 2.0.12's `eval` answers.

mod common;

use common::program;

const SYMBOLS: &str = "
define X = 5;
define PS = [10.0.0.0/8+];
function v() { }
function g(int a; ip b) { return a; }
function fact(int n) { if n = 0 then return 1; return n * fact(n - 1); }
";

#[test]
fn values() {
    let program = program(SYMBOLS);
    for (text, expected) in TABLE {
        assert_eq!(program.eval(text).unwrap_or_else(|e| e.message), *expected, "{text}");
    }
}

const TABLE: &[(&str, &str)] = &[
    // Constants.
    ("0x10", "16"),
    ("true", "TRUE"),
    ("\"abc\"", "abc"),
    ("2001:DB8::1", "2001:db8::1"),
    ("::", "::"),
    // BIRD 2 knows IPv4 addresses by their place among those of IPv6.
    ("::ffff:1.2.3.4", "1.2.3.4"),
    ("10.0.0.0/8", "10.0.0.0/8"),
    ("X", "5"),
    ("RTS_BGP", "(enum 30)11"),
    ("ORIGIN_IGP", "(enum 31)0"),
    ("SCOPE_HOST", "(enum 32)0"),
    ("RTD_UNICAST", "(enum 34)1"),
    ("ROA_VALID", "(enum 35)1"),
    ("NET_IP6", "(enum 36)2"),
    ("AF_IPV6", "(enum 38)2"),
    ("(1,2)", "(1,2)"),
    ("(1,2,3)", "(1, 2, 3)"),
    ("(rt,1,2)", "(rt, 1, 2)"),
    ("(ro,65536,2)", "(ro, 65536, 2)"),
    ("(rt,1.2.3.4,5)", "(rt, 1.2.3.4, 5)"),
    ("(generic,0x01020003,0x2)", "(rt, 0.3.0.0, 2)"),
    ("(unknown 0x4300,1,2)", "(generic, 0x43000001, 0x2)"),
    ("+empty+", "(path )"),
    ("-empty-", "(clist )"),
    ("--empty--", "(eclist )"),
    ("---empty---", "(lclist )"),
    // Arithmetic.
    ("1-2", "4294967295"),
    ("4294967295 + 1", "0"),
    ("10-2-3", "5"),
    ("2+3*4", "14"),
    ("(1+2)*3", "9"),
    ("7/2", "3"),
    ("1 / 2 * 4", "0"),
    // Precedence.
    ("true || false && false", "FALSE"),
    ("1 + 2 = 3", "TRUE"),
    ("!(1 ~ [2])", "TRUE"),
    ("!false = true", "TRUE"),
    // Comparison.
    ("1 = \"a\"", "FALSE"),
    ("0 = false", "FALSE"),
    ("1.2.3.4 < fe80::1", "TRUE"),
    ("10.0.0.0/8 < 11.0.0.0/8", "TRUE"),
    ("\"a\" < \"b\"", "TRUE"),
    ("(1,2) < (1,3)", "TRUE"),
    ("2 > 1", "TRUE"),
    ("2 >= 3", "FALSE"),
    ("\"abc\" ~ \"a*\"", "TRUE"),
    ("\"abc\" !~ \"a?\"", "TRUE"),
    ("1.2.3.4 ~ 1.2.3.0/24", "TRUE"),
    ("10.1.0.0/16 ~ 10.0.0.0/8", "TRUE"),
    ("10.0.0.0/8 ~ 10.1.0.0/16", "FALSE"),
    ("1 ~ []", "FALSE"),
    ("1 ~ [1..5]", "TRUE"),
    ("1.2.3.4 ~ [1.2.3.4]", "TRUE"),
    ("v() = 1", "FALSE"),
    ("defined(v())", "FALSE"),
    // Sets.
    ("[5,4,3]", "[3, 4, 5]"),
    ("[1,2,3..5,2..9,4]", "[1, 2, 2..9, 3..5, 4]"),
    ("[X..9]", "[5..9]"),
    ("[(X+1)]", "[6]"),
    ("[1, 2] = [2, 1]", "TRUE"),
    ("[(1,2..3),(4,*)]", "[(1,2)..(1,3), (4,0)..(4,65535)]"),
    ("[(1..3,2)]", "[(1,2), (2,2), (3,2)]"),
    ("[(1,2)..(3,4)]", "[(1,2)..(3,4)]"),
    ("[(rt,1,2),(rt,2,*)]", "[(rt, 1, 2), (rt, 2, 0)..(rt, 2, 4294967295)]"),
    ("[(1,2,3)..(1,2,5)]", "[(1, 2, 3)..(1, 2, 5)]"),
    ("[1.2.3.4, 2.0.0.0..3.0.0.0, fe80::1]", "[1.2.3.4, 2.0.0.0..3.0.0.0, fe80::1]"),
    ("[RTS_BGP, RTS_STATIC]", "[(enum 30)1, (enum 30)11]"),
    ("PS", "[10.0.0.0/8{1.255.255.255}]"),
    ("[10.0.0.0/8{16,24}]", "[10.0.0.0/8{0.1.255.0}]"),
    ("[10.0.0.0/24{16,20}]", "[10.0.0.0/20{0.1.240.0}]"),
    ("[10.0.0.0/8, 10.0.0.0/8{20,24}]", "[10.0.0.0/8{1.0.31.0}]"),
    ("[0.0.0.0/0+]", "[0.0.0.0/0, 0.0.0.0/0{255.255.255.255}]"),
    ("[2001:db8::/32{32,48}, ::/0]", "[::/0, 2001:db8::/32{0:1:ffff::}]"),
    ("[10.0.0.0/8{8,8}] = [10.0.0.0/8]", "TRUE"),
    // Lists and paths.
    ("prepend(prepend(+empty+, 5),7)", "(path 7 5)"),
    ("+empty+.last", "0"),
    ("-empty-.min", "(0,0)"),
    ("add(add(-empty-, (1,2)),(3,4))", "(clist (1,2) (3,4))"),
    ("add(add(-empty-, (1,2)),(1,2)).len", "1"),
    ("add(-empty-, 1.2.3.4)", "(clist (258,772))"),
    ("delete(prepend(prepend(+empty+,5),6),5)", "(path 6)"),
    ("filter(prepend(prepend(+empty+,5),6),[5])", "(path 5)"),
    ("filter(add(-empty-, (1,2)),[(1,*)])", "(clist (1,2))"),
    ("(1,2) ~ add(-empty-, (1,2))", "TRUE"),
    ("add(---empty---, (1,2,3)) ~ [(1,2,*)]", "TRUE"),
    ("5 ~ prepend(+empty+,5)", "TRUE"),
    ("prepend(+empty+,5) ~ [= 5 =]", "TRUE"),
    ("[= 1 * 2 ? 3..5 [1,2] (X) =]", "[= 1 * 2 ? 3..5 [1, 2] 5 =]"),
    ("[= * 1+ =]", "[= * 1 + =]"),
    // Accessors.
    ("10.0.0.0/8.len", "8"),
    ("1.2.3.4/32.ip.mask(8)", "1.0.0.0"),
    ("10.0.0.0/8.type", "(enum 36)1"),
    ("(1,2).data", "2"),
    ("(1,2,3).data2", "3"),
    ("1.2.3.4.is_v4", "TRUE"),
    // Functions.
    ("g(1,1.1.1.1)", "1"),
    ("fact(5)", "120"),
    ("format((1,2))", "(1,2)"),
    // Errors.
    ("1/0", "filter preevaluation, line 1: Mother told me not to divide by 0"),
    ("1 < \"a\"", "Arguments 1 and 2 of LT must be of the same type"),
    ("1 + \"a\"", "Argument 2 of ADD must be of type int, got type string"),
    ("!1", "Argument 1 of NOT must be of type bool, got type int"),
    ("g(1)", "Function 'g' expects 2 arguments, got 1 arguments"),
    ("g(1,2)", "Argument 2 of 'g' must be ip, got int"),
    ("X(1)", "You can't call something which is not a function. Really."),
    ("Y", "syntax error, unexpected CF_SYM_UNDEFINED"),
    ("1 < 2 < 3", "syntax error, unexpected '<'"),
    ("4294967296", "Number out of range"),
    ("1.2.3.400", "Invalid IPv4 address 1.2.3.400"),
    ("10.0.0.1/8", "Invalid IPv4 prefix 10.0.0.1/8, maybe you wanted 10.0.0.0/8"),
    ("10.0.0.0/33", "Invalid prefix length 33"),
    ("[10.0.0.0/8{20,10}]", "Invalid prefix pattern range: {20, 10}"),
    ("[10.0.0.0/8, ::/0]", "Mixed IPv4/IPv6 prefixes in prefix set"),
    ("[(1,70000)]", "Value 70000 out of range (0-65535)"),
    ("(70000,1)", "filter preevaluation, line 1: Can't operate with value out of bounds in pair constructor"),
    ("[= + 1 =]", "filter preevaluation, line 1: Path mask iterator '+' cannot be first"),
    ("\"unterminated", "Unterminated string"),
    ("$", "Unknown character"),
];
