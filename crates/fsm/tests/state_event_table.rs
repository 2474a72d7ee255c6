//! Every event in every state against the table in `state_event_table/table.txt`.
//!
//! The columns are the states of RFC 4271 §8.2.2. `Idle` there is three: not started (`Idle`),
//! waiting after an error (`Waiting`: IdleHoldTimer) and without a link (`Unreachable`, a result
//! only). `Active` is two: about to connect, and only accepting (`Passive`).
//!
//! A cell is the next state and what is done on the way there, in order: `connect`, `abort` (the
//! attempt), a message by name, a NOTIFICATION as code/subcode, `close` (after what was sent), `drop`
//! (at once), `up`, `down`, `process` (the UPDATE), `refresh`; `+` goes over the second connection.
//! `-`: nothing happens. `off`: the timer does not run. `refuse`: the connection is not taken.
//! `never`: there is no attempt that could come to an end.
//!
//! Two things are not as in the RFC. A lost connection leads to `Active`, which is `Idle` with an
//! automatic start soon after. A message that cannot be read is answered with its own error in every
//! state, where the RFC has 5/3 for headers and OPENs in `Established`.

mod common;
#[path = "state_event_table/events.rs"]
mod events;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use common::{Node, config_a, epoch, open_b};
use events::{Event, events};
use godwit_fsm::{Action, CloseReason, Direction, Outbound, State, UpdateVerdict};
use godwit_wire::{AddressFamily, Notification, RouteRefresh};

const TABLE: &str = include_str!("state_event_table/table.txt");
const COLUMNS: [Column; 8] = [
    Column::Idle,
    Column::Waiting,
    Column::Connect,
    Column::Active,
    Column::Passive,
    Column::OpenSent,
    Column::OpenConfirm,
    Column::Established,
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug)]
enum Column {
    Idle,
    Waiting,
    Connect,
    Active,
    Passive,
    OpenSent,
    OpenConfirm,
    Established,
}

/// A machine in a state; its connection, if it has one, in this direction.
fn machine(column: Column, direction: Direction, now: Instant) -> Node {
    let mut config = config_a();
    config.passive = column == Column::Passive;
    let mut node = Node::new(config, 7);
    if column != Column::Idle {
        node.start(now);
    }
    let connects = column >= Column::OpenSent || column == Column::Waiting;
    if column == Column::Active || (connects && direction == Direction::Incoming) {
        node.connect_done(Err("Connection refused"), now);
    }
    if connects {
        match direction {
            Direction::Outgoing => drop(node.connect_done(Ok(()), now)),
            Direction::Incoming => assert!(node.accept(now).0),
        }
    }
    if column == Column::Waiting {
        node.input(now, |s| s.notification(direction, &Notification::new(2, 0), now));
    }
    if matches!(column, Column::OpenConfirm | Column::Established) {
        node.input(now, |s| s.open(direction, open_b(Vec::new()), now));
    }
    if column == Column::Established {
        node.input(now, |s| s.keepalive(direction, now));
    }
    assert_eq!(state_name(&node, now), format!("{column:?}"));
    node
}

/// What happens in a cell of the table, as it is written there.
fn cell(column: Column, direction: Direction, event: &Event) -> String {
    let now = epoch();
    let mut node = machine(column, direction, now);
    let mut at = now;
    let mut note = None;
    let actions = match event.clone() {
        Event::Start => node.start(now),
        Event::Stop(cause) => node.stop(&cause, now),
        Event::End(cause) => node.input(now, |s| s.end(&cause, now)),
        Event::LinkLost => node.set_reachable(false, now),
        Event::LinkDown => node.link_down(now),
        Event::LinkThere => node.set_reachable(true, now),
        Event::LinkFlaps => {
            let mut actions = node.set_reachable(false, now);
            actions.extend(node.set_reachable(true, now));
            actions
        }
        Event::Timer(_, timer) => {
            let Some((left, _)) = timer(&node.session.status(now)) else { return "off".into() };
            at = now + left;
            node.handle_timeout(at)
        }
        Event::ConnectRetryTimer => {
            let Some(next) = node.session.next_timeout().filter(|_| node.connecting) else {
                return "off".into();
            };
            at = next;
            node.handle_timeout(at)
        }
        Event::NothingDue => {
            // Half of the way to whatever is due next.
            let left = node.session.next_timeout().map(|at| at.saturating_duration_since(now) / 2);
            at = now + left.unwrap_or(Duration::from_hours(1));
            node.handle_timeout(at)
        }
        Event::SendHoldTimer => {
            node.input(now, |s| s.wrote(direction, false, true, now));
            let Some((left, _)) = node.session.status(now).send_hold_timer else { return "off".into() };
            // The neighbor is heard all the while.
            at = now + left;
            let silent = now + left / 2;
            node.input(silent, |s| s.keepalive(direction, silent));
            node.input(silent, |s| s.wrote(direction, false, true, silent));
            let late = now + left.saturating_sub(Duration::from_secs(1));
            node.handle_timeout(late);
            node.input(late, |s| s.keepalive(direction, late));
            node.handle_timeout(at)
        }
        Event::Written => {
            let mut actions = node.input(now, |s| s.wrote(direction, false, true, now));
            actions.extend(node.input(now, |s| s.wrote(direction, true, true, now)));
            actions.extend(node.input(now, |s| s.wrote(direction, true, false, now)));
            actions
        }
        Event::TcpConnected if node.is_linked(Direction::Outgoing) => {
            assert!(!node.connecting);
            return "never".into();
        }
        Event::TcpConnected => {
            node.connecting = true;
            node.connect_done(Ok(()), now)
        }
        Event::TcpFailed => node.input(now, |s| s.connect_failed("Connection refused", now)),
        Event::TcpClosed => node.closed(direction, now),
        Event::TcpIncoming => {
            let (taken, actions) = node.accept(now);
            note = (!taken).then_some("refuse");
            actions
        }
        Event::Open(_, open) => node.input(now, |s| s.open(direction, open, now)),
        Event::Keepalive => node.input(now, |s| s.keepalive(direction, now)),
        Event::Update => node.input(now, |s| {
            note = (s.update(direction, now) == UpdateVerdict::Process).then_some("process");
        }),
        Event::RouteRefresh => {
            let refresh = RouteRefresh { family: AddressFamily::IPV4, subtype: 0 };
            node.input(now, |s| s.route_refresh(direction, refresh, now))
        }
        Event::Notification(_, n) => node.input(now, |s| s.notification(direction, &n, now)),
        Event::Malformed(error) => node.input(now, |s| s.message_error(direction, &error, now)),
    };
    check_timers(&node, at);
    let linked = column >= Column::OpenSent;
    let mut done: Vec<String> = actions.iter().filter_map(|a| word(a, linked.then_some(direction))).collect();
    done.extend(note.map(str::to_owned));
    let state = state_name(&node, at);
    if note == Some("refuse") {
        assert_eq!((done.len(), state), (1, format!("{column:?}")));
        return "refuse".into();
    }
    if done.is_empty() && state == format!("{column:?}") {
        return "-".into();
    }
    done.insert(0, state);
    done.join(" ")
}

fn state_name(node: &Node, now: Instant) -> String {
    match node.state() {
        State::Idle if !node.reachable => "Unreachable".into(),
        State::Idle if node.session.status(now).error_wait.is_some() => "Waiting".into(),
        _ => node.session.status(now).state_name.into(),
    }
}

/// An action as the table says it; `first` is the connection the state is about.
fn word(action: &Action, first: Option<Direction>) -> Option<String> {
    let over = |direction: &Direction, what: &str| {
        let second = first.is_some_and(|d| d != *direction);
        Some(format!("{}{what}", if second { "+" } else { "" }))
    };
    match action {
        Action::Connect => Some("connect".into()),
        Action::AbortConnect => Some("abort".into()),
        Action::Send(direction, message) => match message {
            Outbound::Open(_) => over(direction, "OPEN"),
            Outbound::Keepalive => over(direction, "KEEPALIVE"),
            Outbound::Notification(n) => over(direction, &format!("{}/{}", n.code, n.subcode)),
            Outbound::RouteRefresh(_) => over(direction, "ROUTE-REFRESH"),
        },
        Action::Close(direction, CloseReason::AfterFlush) => over(direction, "close"),
        Action::Close(direction, CloseReason::Gone) => over(direction, "drop"),
        Action::Established(direction, _) => over(direction, "up"),
        Action::Down(down) => Some(if down.graceful { "down-gracefully" } else { "down" }.into()),
        Action::StaleExpired => Some("stale-expired".into()),
        Action::LongLived(_) => Some("long-lived".into()),
        Action::FamilyExpired(_) => Some("family-expired".into()),
        Action::EarlierExpired(_) => Some("earlier-expired".into()),
        Action::Refresh(_) => Some("refresh".into()),
        Action::Disable => Some("disable".into()),
        Action::Log(..) => None,
    }
}

/// Which timers run is a matter of the state alone.
fn check_timers(node: &Node, now: Instant) {
    let status = node.session.status(now);
    let runs = [status.error_wait, status.connect_delay, status.hold_timer, status.keepalive_timer];
    let [error_wait, connect_delay, hold, keepalive] = runs.map(|t| t.is_some());
    let state = state_name(node, now);
    match state.as_str() {
        // The wait goes on while the link is down.
        "Unreachable" => assert!(!connect_delay && !hold && !keepalive),
        "Waiting" => assert!(error_wait && !connect_delay && !hold && !keepalive),
        "Active" => assert!(!error_wait && connect_delay && !hold && !keepalive),
        "OpenSent" => assert!(!error_wait && !connect_delay && hold && !keepalive),
        "OpenConfirm" | "Established" => assert!(!error_wait && !connect_delay && hold && keepalive),
        _ => assert_eq!(runs, [None; 4], "{state}"),
    }
    let shown = runs
        .into_iter()
        .chain([status.restart_timer, status.send_hold_timer])
        .flatten()
        .map(|(left, _)| now + left)
        .min();
    if node.connecting {
        assert!(node.session.next_timeout().is_some(), "an attempt may take for ever");
    } else {
        assert_eq!(node.session.next_timeout(), shown, "a timer that is not shown runs in {state}");
    }
}

/// The table's cells as it is read: event, state, what happens.
fn table() -> Vec<(&'static str, Vec<&'static str>)> {
    let cells = |line: &'static str| line.split('|').map(str::trim).collect::<Vec<_>>();
    TABLE.lines().map(|line| (cells(line)[0], cells(line).split_off(1))).collect()
}

#[test]
fn every_event_in_every_state_does_what_the_table_says() {
    let table = table();
    let mut wrong = Vec::new();
    for event in events() {
        let (name, _) = event.name();
        let (_, row) = table.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no row {name}"));
        for (column, expected) in COLUMNS.into_iter().zip(row) {
            for direction in [Direction::Outgoing, Direction::Incoming] {
                if event.is_about_connecting() && direction == Direction::Incoming {
                    continue;
                }
                let found = cell(column, direction, &event);
                if found != *expected {
                    wrong.push(format!("{name} in {column:?}, {direction:?}: {found:?}, not {expected:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_cell_of_the_table_is_missing() {
    let table = table();
    let columns: Vec<String> = COLUMNS.iter().map(|c| format!("{c:?}")).collect();
    assert_eq!(table[0], ("", columns.iter().map(String::as_str).collect()), "the heading");
    for (name, row) in &table {
        assert_eq!(row.len(), COLUMNS.len(), "{name}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "an empty cell in {name}");
    }
    let rows: Vec<&str> = table[1..].iter().map(|(name, _)| *name).collect();
    let names: Vec<String> = events().iter().map(|e| e.name().0).collect();
    assert_eq!(rows, names, "one row for each event");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "no name twice");
}

#[test]
fn no_event_is_missing() {
    let stop = include_str!("../src/session/stop.rs");
    let source = [
        include_str!("../src/session.rs"),
        include_str!("../src/session/connect.rs"),
        include_str!("../src/session/messages.rs"),
        include_str!("../src/refresh.rs"),
        stop,
    ];
    // Every method that changes a machine but the one that takes what it wants done.
    let methods = source.into_iter().flat_map(str::lines).filter(|line| line.contains("(&mut self"));
    let methods = methods.filter_map(|line| line.trim().strip_prefix("pub fn ")?.split('(').next());
    let methods: BTreeSet<&str> = methods.filter(|name| *name != "poll_action").collect();
    let events = events();
    assert_eq!(events.iter().map(|e| e.name().1).collect::<BTreeSet<_>>(), methods);
    // Every cause of a stop and every error of a message.
    let wire = include_str!("../../wire/src/error.rs");
    for (source, name, prefix) in [(stop, "StopCause", "Stop"), (wire, "MessageError", "Malformed")] {
        let body = source.split_once(&format!("pub enum {name} {{")).expect("it is there").1;
        let lines = body.lines().take_while(|line| *line != "}");
        let variants = lines.filter_map(|line| line.strip_prefix("    ")).filter_map(|line| {
            let name = line.split(|c: char| !c.is_alphanumeric()).next()?;
            name.starts_with(char::is_uppercase).then(|| format!("{prefix}{name}"))
        });
        for variant in variants {
            assert!(events.iter().any(|e| e.name().0 == variant), "{variant} is not in the table");
        }
    }
}
