use godwit_ctl::Framer;
use godwit_ctl::command::{Command, FilterText, ParseError, Token, parse};
use godwit_filter::Program;

use crate::text;

/// A line from the control socket, and the policies it carries.
pub fn ctl_command(data: &[u8]) {
    let line = text(data);
    let command = match parse(line) {
        Ok(command) => command,
        Err(error) => {
            if let ParseError::Unexpected { found: Token::Word(word) | Token::Number(word), .. } = &error {
                assert!(line.contains(word.as_str()));
            }
            answer(&format!("{error:?}"));
            return;
        }
    };
    let _ = command.is_order();
    let program = Program::default();
    match &command {
        Command::Eval(text) => {
            let value = program.eval(text).unwrap_or_else(|error| error.message);
            answer(&value);
        }
        Command::ShowRoute(route) => match &route.filter {
            Some(FilterText::Where(text)) => drop(program.where_filter(text)),
            Some(FilterText::Block(text)) => drop(program.filter_body(text)),
            Some(FilterText::Name(name)) => assert!(!name.is_empty() || line.contains("''")),
            None => {}
        },
        _ => {}
    }
}

/// Whatever a text holds, it is one reply.
fn answer(text: &str) {
    let mut framer = Framer::new();
    framer.line(1000, text);
    framer.end(0, text);
    let reply = framer.take();
    let mut ends = 0;
    for line in reply.split(|octet| *octet == b'\n').filter(|line| !line.is_empty()) {
        let continued = line.first() == Some(&b' ');
        assert!(continued || line.iter().take(4).all(u8::is_ascii_digit));
        ends += usize::from(!continued && line.get(4) == Some(&b' '));
    }
    assert_eq!(ends, 1);
}
