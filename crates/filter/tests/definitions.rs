//! A program can be written again from what it keeps of the text it was read from.

mod common;

use common::{Dialect, program, program_in};
use godwit_filter::{Parser, Program, ProgramBuilder, SourceMap, SymbolClass, lex};

fn printed(program: &Program) -> String {
    program.definitions().iter().map(|d| &*d.text).collect::<Vec<_>>().join("\n")
}

#[test]
fn definitions_are_kept_in_order_and_read_back() {
    let text = "
        define OUR = 64512; # a comment
        define NETS = [ 10.0.0.0/8+, 192.0.2.0/24{25,32} ];
        attribute int weight2;
        function 'bgp_test-filter_importFilterV4'() {
            # outside
            if net ~ NETS then { accept; }
        }
        function steps(int n; bool b) -> int { return n + OUR; }
        filter out
        int i;
        { i = steps(1, true); 'bgp_test-filter_importFilterV4'(); reject; }";
    let program = program(text);
    let classes: Vec<_> = program.definitions().iter().map(|d| (d.class, &*d.name)).collect();
    let expected = [
        (SymbolClass::Constant, "OUR"),
        (SymbolClass::Constant, "NETS"),
        (SymbolClass::Attribute, "weight2"),
        (SymbolClass::Function, "bgp_test-filter_importFilterV4"),
        (SymbolClass::Function, "steps"),
        (SymbolClass::Filter, "out"),
    ];
    assert_eq!(classes, expected);
    let again = common::program(&printed(&program));
    assert_eq!(again, program);
    let filter = program.filter("out").expect("the filter");
    assert!(
        filter.text().is_some_and(|t| t.starts_with("int i;") && t.ends_with('}')),
        "{:?}",
        filter.text()
    );
}

#[test]
fn what_is_predefined_is_not_listed() {
    let map = SourceMap::default();
    let mut builder = ProgramBuilder::new(true, &map);
    builder.predefine("RT_main", godwit_filter::Value::Int(254));
    assert!(builder.finish().definitions().is_empty());
}

#[test]
fn a_body_in_several_files_is_one_text_without_its_includes() {
    let mut map = SourceMap::default();
    let text = "function f() {\n include \"a\";\n include \"empty\";\n reject;\n}";
    let tokens = lex("main", text, &mut map, &mut |pattern, _| {
        Ok(match pattern {
            "a" => vec![("a".into(), "if net ~ 10.0.0.0/8 then\n accept;".into())],
            _ => vec![("empty".into(), "# nothing\n".into())],
        })
    });
    let tokens = tokens.expect("tokens");
    let mut parser = Parser::new(&tokens);
    let mut builder = ProgramBuilder::new(false, &map);
    parser.next();
    builder.parse_function(&mut parser).expect("a function");
    let program = builder.finish();
    let text = printed(&program);
    assert!(!text.contains("include"), "{text}");
    assert_eq!(common::program(&text), program, "{text}");
}

#[test]
fn conditions_and_bodies_written_in_place_keep_their_text() {
    let program =
        program_in("define A = 5;", Dialect::Bird16).unwrap_or_else(|(map, e)| panic!("{}", map.render(&e)));
    let condition = program.where_filter("bgp_med > A").expect("a condition");
    assert_eq!(condition.text(), Some("where bgp_med > A"));
    let body = program.filter_body("{ accept; }").expect("a body");
    assert_eq!(body.text(), Some("{ accept; }"));
    assert_eq!(body, program.filter_body("{ /* other */ accept; }").expect("a body"));
}
