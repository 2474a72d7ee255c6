//! Reads the steps, which are in `scenes.txt`.

use anyhow::{Context as _, Result, bail};

const TEXT: &str = include_str!("scenes.txt");

/// A neighbor.
#[derive(Clone)]
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

/// What decides, and both routes of a net.
pub(crate) struct Step {
    pub(crate) what: &'static str,
    pub(crate) better: String,
    pub(crate) worse: String,
}

/// Two neighbors and what they announce.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    /// Options of both sessions, and of both channels.
    pub(crate) session: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) better: Side,
    pub(crate) worse: Side,
    pub(crate) steps: Vec<Step>,
    /// Whose is chosen: `w`, or `l` where an option leaves the step out, or the `oldest`.
    pub(crate) wanted: &'static str,
}

const NEAR: Side =
    Side { asn: 65002, id: "10.0.0.2", hop: "", session: "", channel: "", mark: "as-path [ 65002 ]" };
const FAR: Side = Side { asn: 65003, id: "10.0.0.9", mark: "as-path [ 65003 ]", ..NEAR };

/// A neighbor by its name, and something of its own.
fn side(words: &'static str) -> Result<Side> {
    let (name, own) = words.split_once(' ').unwrap_or((words, ""));
    let mut side = match name {
        "NEAR" => NEAR,
        "FAR" => FAR,
        "INSIDE" => Side { asn: 65000, mark: "", ..NEAR },
        "FAR_INSIDE" => Side { asn: 65000, mark: "", ..FAR },
        // Members of confederation 100, whose paths begin with (65002) and (65003).
        "MEMBER" => Side { mark: "attribute [ 0x02 0x40 0x03010000fdea ]", ..NEAR },
        "FAR_MEMBER" => Side { mark: "attribute [ 0x02 0x40 0x03010000fdeb ]", ..FAR },
        _ => bail!("no neighbor: {name}"),
    };
    let (option, value) = own.split_once(' ').unwrap_or((own, ""));
    match option {
        "" => {}
        "id" => side.id = value,
        "hop" => side.hop = value,
        "session" => side.session = value,
        "channel" => side.channel = value,
        "mark" => side.mark = value,
        _ => bail!("no option of a neighbor: {own}"),
    }
    Ok(side)
}

/// Attributes as ExaBGP reads them.
fn attributes(words: &str) -> String {
    let word = |word| match word {
        // Worse, and better, in what comes after the path.
        "WORSE" => "origin incomplete med 20",
        "BETTER" => "origin igp med 10",
        "AIGP50" => "attribute [ 0x1a 0x80 0x01000b0000000000000032 ]",
        "AIGP500" => "attribute [ 0x1a 0x80 0x01000b00000000000001f4 ]",
        word => word,
    };
    words.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

fn step(line: &'static str) -> Result<Step> {
    let (what, routes) = line.split_once(": ").context("no colon")?;
    let (better, worse) = routes.split_once(" | ").context("one route")?;
    Ok(Step { what, better: attributes(better), worse: attributes(worse) })
}

fn read(scenes: &mut Vec<Scene>, line: &'static str) -> Result<()> {
    let (word, rest) = line.split_once(' ').context("one word")?;
    if word == "==" {
        let (better, worse, steps) = (FAR, NEAR, Vec::new());
        scenes.push(Scene { name: rest, session: "", channel: "", better, worse, steps, wanted: "w" });
        return Ok(());
    }
    let scene = scenes.last_mut().context("before the first scene")?;
    match word {
        "session" => scene.session = rest,
        "channel" => scene.channel = rest,
        "better" => scene.better = side(rest)?,
        "worse" => scene.worse = side(rest)?,
        "wanted" => scene.wanted = rest,
        "route" => scene.steps.push(step(rest)?),
        _ => bail!("what is {word}?"),
    }
    Ok(())
}

/// All of them.
pub(crate) fn scenes() -> Result<Vec<Scene>> {
    let mut scenes = Vec::new();
    for line in TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        read(&mut scenes, line).with_context(|| line.to_owned())?;
    }
    Ok(scenes)
}
