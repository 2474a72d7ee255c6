//! The command parser: what it makes of lines, and that nothing upsets it.

use godwit_api::{Action, NetSelector, Selector};
use godwit_ctl::command::{Command, FilterText, ParseError, ShowRoute, parse};
use proptest::prelude::*;

fn route(line: &str) -> ShowRoute {
    match parse(line).unwrap() {
        Command::ShowRoute(r) => *r,
        other => panic!("{other:?}"),
    }
}

#[test]
fn routes() {
    let r = route("show route where net ~ [ 10.0.0.0/8+ ] && bgp_med = 3 all table master4 count");
    assert_eq!(r.filter, Some(FilterText::Where("net ~ [ 10.0.0.0/8+ ] && bgp_med = 3".into())));
    assert!(r.all && r.count);
    assert_eq!(r.tables, ["master4"]);
    let r = route("show route filter { if net = 1.0.0.0/8 then { accept; } reject; } primary");
    assert_eq!(r.filter, Some(FilterText::Block("{ if net = 1.0.0.0/8 then { accept; } reject; }".into())));
    assert!(r.primary);
    assert_eq!(route("show route for 10.2.3.4").nets, NetSelector::ForAddress([10, 2, 3, 4].into()));
    assert_eq!(route("show route in 2001:db8::/32").nets, NetSelector::In("2001:db8::/32".parse().unwrap()));
    assert_eq!(route("show route 10.0.0.0/8").nets, NetSelector::Exact("10.0.0.0/8".parse().unwrap()));
    assert_eq!(
        parse("show route filtered export peer"),
        Err(ParseError::Message("Incompatible show route options".into()))
    );
}

#[test]
fn orders() {
    assert_eq!(
        parse("disable \"pe*\" \"bye now\""),
        Ok(Command::Act {
            action: Action::Disable,
            selector: Selector::Pattern("pe*".into()),
            message: Some("bye now".into())
        })
    );
    assert_eq!(
        parse("configure soft \"x y\" timeout"),
        Ok(Command::Configure {
            file: Some("x y".into()),
            soft: true,
            check: false,
            timeout_secs: Some(300)
        })
    );
    assert_eq!(parse("echo { debug, trace } 4096"), Ok(Command::Echo));
    assert!(parse("debug peer1 { states, nonsense }").is_err());
    assert_eq!(parse("  "), Ok(Command::Empty));
}

proptest! {
    #[test]
    fn any_text(line in ".*") {
        let _ = parse(&line);
    }

    #[test]
    fn words_in_any_order(words in proptest::collection::vec(prop_oneof![
        Just("show"), Just("route"), Just("where"), Just("filter"), Just("{"), Just("}"), Just("("), Just(")"),
        Just("all"), Just("for"), Just("in"), Just("10.0.0.0/8"), Just("1::/200"), Just("\""), Just("'x'"),
        Just("configure"), Just("timeout"), Just("99999999999"), Just("debug"), Just(","), Just("#"), Just("é"),
    ], 0..20)) {
        let _ = parse(&words.join(" "));
    }
}
