//! Neighbors and strangers that misbehave: the right NOTIFICATION, a line in the log, and nobody
//! else notices.

use anyhow::{Context, Result, ensure};
use godwit_lab::speaker::{KEEPALIVE, OPEN, Speaker, UPDATE, announce, message, open};
use godwit_lab::{Namespace, Program, Router, until};

const GODWIT: &str = "192.0.3.1";
const RUDE: &str = "192.0.3.2";
const RUDE_AS: u16 = 64_999;

/// godwit between a bird2, `kept`, and `rude`, whose part the test plays.
struct Lab {
    rude: Namespace,
    _others: [Namespace; 2],
    godwit: Router,
    kept: Router,
    since: String,
}

impl Lab {
    fn new() -> Result<Self> {
        let (a, b, c) = (Namespace::new("a")?, Namespace::new("b")?, Namespace::new("c")?);
        Namespace::join((&a, "va", &["192.0.2.1/24"]), (&b, "vb", &["192.0.2.2/24"]))?;
        Namespace::join((&a, "vc", &["192.0.3.1/24"]), (&c, "vd", &["192.0.3.2/24", "192.0.3.3/24"]))?;
        let kept = Router::start(&b, Program::Bird2, &kept_config(0))?;
        let godwit = Router::start(
            &a,
            Program::Godwit,
            "log stderr all; router id 192.0.2.1; protocol device { }
             protocol bgp kept { local 192.0.2.1 as 64512; neighbor 192.0.2.2 as 64513;
               ipv4 { import all; export all; }; }
             protocol bgp rude { local 192.0.3.1 as 64512; neighbor 192.0.3.2 as 64999; passive;
               error wait time 1, 1; ipv4 { import all; export none; }; }",
        )?;
        godwit.established("kept")?;
        let since = godwit.since("kept");
        Ok(Self { rude: c, _others: [a, b], godwit, kept, since })
    }

    /// Waits until a connection would be taken: after an error there is a pause.
    fn ready(&self) -> Result<()> {
        until("a new connection to be taken", || self.godwit.detail("rude", "BGP state:") == "Passive")?;
        Ok(())
    }

    fn connect(&self) -> Result<Speaker> {
        self.ready()?;
        Speaker::connect(&self.rude, RUDE, GODWIT)
    }

    fn established(&self) -> Result<Speaker> {
        self.ready()?;
        Speaker::established(&self.rude, RUDE, GODWIT, RUDE_AS)
    }

    fn open_confirm(&self) -> Result<Speaker> {
        let mut speaker = self.connect()?;
        speaker.send(&good_open())?;
        for expected in [OPEN, KEEPALIVE] {
            let (kind, body) = speaker.read()?;
            ensure!(kind == expected, "not {expected} but {kind}: {body:?}");
        }
        Ok(speaker)
    }

    /// The log has a line with these words, and `kept` did not notice a thing.
    fn only_logged(&self, words: &str) -> Result<()> {
        until(&format!("{words} in the log"), || self.godwit.log().contains(words))
            .with_context(|| self.godwit.log())?;
        ensure!(self.godwit.since("kept") == self.since, "another session was touched");
        Ok(())
    }

    /// Routes still come and go.
    fn routes_still_flow(&self) -> Result<()> {
        self.kept.configure(&kept_config(1))?;
        self.godwit.has_route("10.255.1.0/24", &["via 192.0.2.2"])?;
        Ok(())
    }
}

fn kept_config(number: u8) -> String {
    format!(
        "log stderr all; router id 192.0.2.2; protocol device {{ }}
         protocol static {{ ipv4; route 10.255.{number}.0/24 blackhole; }}
         protocol bgp peer {{ local 192.0.2.2 as 64513; neighbor 192.0.2.1 as 64512; passive;
           ipv4 {{ import all; export all; }}; }}"
    )
}

fn good_open() -> Vec<u8> {
    open(RUDE_AS, 90, [192, 0, 3, 2].into())
}

/// A good OPEN with some octets changed: offset in the body and value.
fn open_but(changes: &[(usize, u8)]) -> Vec<u8> {
    let mut octets = good_open();
    for (at, value) in changes {
        if let Some(octet) = octets.get_mut(19 + at) {
            *octet = *value;
        }
    }
    octets
}

/// A header that says a length and a type, and a body.
fn header(len: u16, kind: u8, body: &[u8]) -> Vec<u8> {
    [&[0xff; 16][..], &len.to_be_bytes(), &[kind], body].concat()
}

/// What is sent in which state, and the code and subcode it is answered with.
type Case = (&'static str, Vec<u8>, (u8, u8));

fn in_open_sent() -> Vec<Case> {
    vec![
        ("text of another protocol", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), (1, 1)),
        ("a marker with a hole", [&[0xff; 15][..], &[0xfe, 0, 19, 4]].concat(), (1, 1)),
        ("too short a length", header(18, KEEPALIVE, &[]), (1, 2)),
        ("too long a length", header(4097, OPEN, &[]), (1, 2)),
        ("an OPEN shorter than its fields", header(28, OPEN, &[0; 9]), (1, 2)),
        ("an unknown type", header(19, 9, &[]), (1, 3)),
        ("version 3", open_but(&[(0, 3)]), (2, 1)),
        ("the wrong AS", open(64_998, 90, [192, 0, 3, 2].into()), (2, 2)),
        ("identifier 0.0.0.0", open(RUDE_AS, 90, [0, 0, 0, 0].into()), (2, 3)),
        ("hold time 1", open(RUDE_AS, 1, [192, 0, 3, 2].into()), (2, 6)),
        ("parameters past the end", open_but(&[(9, 200)]), (2, 0)),
        ("a KEEPALIVE before the OPEN", message(KEEPALIVE, &[]), (5, 1)),
        ("an UPDATE before the OPEN", message(UPDATE, &[0; 4]), (5, 1)),
    ]
}

fn in_open_confirm() -> Vec<Case> {
    vec![
        ("an UPDATE before the KEEPALIVE", message(UPDATE, &[0; 4]), (5, 2)),
        ("another OPEN", open(RUDE_AS, 91, [192, 0, 3, 2].into()), (5, 2)),
    ]
}

fn in_established() -> Vec<Case> {
    vec![
        ("an OPEN in the session", good_open(), (5, 3)),
        ("a KEEPALIVE with a body", header(20, KEEPALIVE, &[0]), (1, 2)),
        ("an UPDATE shorter than its fields", header(22, UPDATE, &[0, 0, 0]), (1, 2)),
        ("attributes past the end", message(UPDATE, &[0, 0, 0, 9, 0x40, 1, 1, 0]), (3, 1)),
        ("withdrawn routes past the end", message(UPDATE, &[0, 9, 8, 10, 0, 0]), (3, 1)),
        ("a prefix of 33 bits", message(UPDATE, &[0, 6, 33, 10, 0, 0, 0, 0, 0, 0]), (3, 10)),
    ]
}

fn answered(lab: &Lab, mut speaker: Speaker, (what, octets, expected): &Case) -> Result<()> {
    speaker.send(octets).with_context(|| (*what).to_owned())?;
    let answer = speaker.notification().with_context(|| format!("{what}: {}", lab.godwit.log()))?;
    ensure!(answer == *expected, "{what}: {answer:?} instead of {expected:?}");
    ensure!(lab.godwit.since("kept") == lab.since, "{what}: another session was touched");
    Ok(())
}

#[test]
fn lab_bad_messages_before_the_session() -> Result<()> {
    let lab = Lab::new()?;
    for case in &in_open_sent() {
        answered(&lab, lab.connect()?, case)?;
    }
    for case in &in_open_confirm() {
        answered(&lab, lab.open_confirm()?, case)?;
    }
    lab.only_logged("rude: ")?;
    lab.routes_still_flow()
}

/// As OpenBGPD 7.7 sends it after a connection that was reset before its OPEN was written.
#[test]
fn lab_the_same_open_once_more() -> Result<()> {
    let lab = Lab::new()?;
    let mut speaker = lab.connect()?;
    speaker.send(&[good_open(), good_open()].concat())?;
    for expected in [OPEN, KEEPALIVE] {
        let (kind, body) = speaker.read()?;
        ensure!(kind == expected, "not {expected} but {kind}: {body:?}");
    }
    speaker.send(&[good_open(), message(KEEPALIVE, &[])].concat())?;
    lab.godwit.established("rude")?;
    lab.only_logged("<RMT> rude: Got OPEN once more, ignoring")?;
    lab.routes_still_flow()
}

#[test]
fn lab_bad_messages_in_the_session() -> Result<()> {
    let lab = Lab::new()?;
    for case in &in_established() {
        answered(&lab, lab.established()?, case)?;
    }
    lab.only_logged("rude: ")?;
    lab.routes_still_flow()
}

#[test]
fn lab_a_bad_attribute_withdraws_and_the_session_stays() -> Result<()> {
    let lab = Lab::new()?;
    let mut speaker = lab.established()?;
    speaker.send(&announce(RUDE_AS, [192, 0, 3, 2].into(), &[[10, 70, 1], [10, 70, 2]]))?;
    lab.godwit.has_route("10.70.1.0/24", &["via 192.0.3.2"])?;
    // ORIGIN 7 (RFC 7606 §7.1), a thousand times: the routes go, the log stays readable.
    let mut bad = announce(RUDE_AS, [192, 0, 3, 2].into(), &[[10, 70, 1]]);
    if let Some(origin) = bad.get_mut(19 + 7) {
        *origin = 7;
    }
    for _ in 0..1000 {
        speaker.send(&bad)?;
    }
    lab.godwit.lost_route("10.70.1.0/24")?;
    speaker.send(&announce(RUDE_AS, [192, 0, 3, 2].into(), &[[10, 70, 3]]))?;
    lab.godwit.has_route("10.70.3.0/24", &["via 192.0.3.2"])?;
    lab.godwit.has_route("10.70.2.0/24", &["via 192.0.3.2"])?;
    lab.only_logged("<RMT> rude: Malformed UPDATE: ORIGIN (1)")?;
    let lines = lab.godwit.log().lines().filter(|l| l.contains("Malformed UPDATE")).count();
    ensure!(lines < 50, "{lines} lines");
    Ok(())
}

#[test]
fn lab_a_connection_that_breaks() -> Result<()> {
    let lab = Lab::new()?;
    let mut speaker = lab.established()?;
    speaker.send(&announce(RUDE_AS, [192, 0, 3, 2].into(), &[[10, 70, 1]]))?;
    lab.godwit.has_route("10.70.1.0/24", &["via 192.0.3.2"])?;
    // Half an UPDATE, and gone.
    speaker.send(&header(60, UPDATE, &[0, 0]))?;
    drop(speaker);
    lab.godwit.lost_route("10.70.1.0/24")?;
    // As with BIRD, that is no line of the log without `debug`.
    let last = lab.godwit.detail("rude", "Last error:");
    ensure!(last.starts_with("Socket: Connection "), "{last}: {}", lab.godwit.log());
    // Half an OPEN.
    lab.connect()?.send(&header(29, OPEN, &[4]))?;
    // Nothing at all.
    drop(lab.connect()?);
    let _again = lab.established()?;
    lab.routes_still_flow()
}

#[test]
fn lab_a_stranger_is_not_served() -> Result<()> {
    let lab = Lab::new()?;
    let mut stranger = Speaker::connect(&lab.rude, "192.0.3.3", GODWIT)?;
    let _ = stranger.send(&good_open());
    ensure!(stranger.read().is_err(), "a stranger was answered");
    lab.only_logged("Unexpected connect from unknown address 192.0.3.3")?;
    lab.routes_still_flow()
}
