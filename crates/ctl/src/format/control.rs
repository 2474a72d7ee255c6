//! Replies to orders.

use godwit_api::{Acted, Action, ConfigureOutcome};

use crate::Framer;

/// The lines for what an action did to each protocol, and the end.
pub fn acted(out: &mut Framer, action: Action, list: &[(String, Acted)]) {
    if list.is_empty() {
        out.end(8003, "No protocols match");
        return;
    }
    for (name, what) in list {
        let (code, text) = match (action, what) {
            (_, Acted::Skipped) => continue,
            (Action::Enable, Acted::Failed) => (8006, "cannot be enabled"),
            (_, Acted::Failed) => (8006, "reload failed"),
            (Action::Enable, Acted::Done) => (11, "enabled"),
            (Action::Enable, Acted::Already) => (10, "already enabled"),
            (Action::Disable, Acted::Done) => (9, "disabled"),
            (Action::Restart, Acted::Done) => (12, "restarted"),
            (_, Acted::Done) => (15, "reloading"),
            (_, Acted::Already) => (8, "already disabled"),
        };
        out.line(code, &format!("{name}: {text}"));
    }
    out.end(0, "");
}

/// The end of a reply to the configure orders; `timeout_secs` announces the scheduled undo.
pub fn configure(out: &mut Framer, outcome: &ConfigureOutcome, timeout_secs: Option<u32>) {
    let (code, text) = match outcome {
        ConfigureOutcome::Reconfigured => (3, "Reconfigured"),
        ConfigureOutcome::InProgress => (4, "Reconfiguration in progress"),
        ConfigureOutcome::Queued => (5, "Reconfiguration already in progress, queueing new config"),
        ConfigureOutcome::Checked => (20, "Configuration OK"),
        ConfigureOutcome::ShuttingDown => (6, "Reconfiguration ignored, shutting down"),
        ConfigureOutcome::Failed(lines) => {
            // Each may have its line of the file below it.
            let lines: Vec<&str> = lines.iter().flat_map(|l| l.lines()).collect();
            let (last, before) = match lines.split_last() {
                Some((last, before)) => (*last, before),
                None => ("configuration failed", [].as_slice()),
            };
            for l in before {
                out.line(8002, l);
            }
            out.end(8002, last);
            return;
        }
    };
    if let (Some(secs), 3..=5) = (timeout_secs, code) {
        out.line(22, &format!("Undo scheduled in {secs} s"));
    }
    out.end(code, text);
}
