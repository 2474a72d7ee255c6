//! The client: what birdc and birdcl do, without line editing.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// How the client was called.
#[derive(Clone, Debug, Default)]
pub struct ClientArgs {
    /// `-s`: the socket.
    pub path: PathBuf,
    /// `-v`: reply codes are shown.
    pub verbose: bool,
    /// `-r`: the session is restricted first.
    pub restrict: bool,
    /// The command; empty: commands are read from standard input.
    pub command: Vec<String>,
}

/// Every command with what `help` says of it.
const COMMANDS: [(&str, &str); 28] = [
    ("configure", "Reload configuration"),
    ("configure check", "Parse configuration and check its validity"),
    ("configure confirm", "Confirm last configuration change"),
    ("configure soft", "Reload configuration, ignore changes in filters"),
    ("configure status", "Show pending configuration changes"),
    ("configure timeout", "Reload configuration with undo timeout"),
    ("configure undo", "Undo last configuration change"),
    ("debug", "Control protocol debugging"),
    ("disable", "Disable protocol"),
    ("down", "Shut the daemon down"),
    ("dump", "Dump debugging information"),
    ("echo", "Control echoing of log messages"),
    ("enable", "Enable protocol"),
    ("eval", "Evaluate expression"),
    ("graceful restart", "Shut the daemon down for graceful restart"),
    ("mrtdump", "Control protocol MRT dumping"),
    ("reload", "Reload protocol"),
    ("restart", "Restart protocol"),
    ("restrict", "Restrict current session to safe commands"),
    ("show bfd sessions", "Show information about BFD sessions"),
    ("show interfaces", "Show network interfaces"),
    ("show memory", "Show memory usage"),
    ("show protocols", "Show routing protocols"),
    ("show protocols all", "Show routing protocol details"),
    ("show route", "Show routing table"),
    ("show static", "Show details of static protocol"),
    ("show status", "Show router status"),
    ("show symbols", "Show all known symbolic names"),
];

/// Spells out abbreviated words: `sh pro` is `show protocols`. Words past the command's own stay.
pub fn expand(line: &str) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut full: Vec<&str> = Vec::new();
    for word in &words {
        let mut candidates: Vec<&str> = COMMANDS
            .iter()
            .filter_map(|(command, _)| {
                let mut parts = command.split(' ');
                full.iter().all(|f| parts.next() == Some(f)).then(|| parts.next()).flatten()
            })
            .filter(|next| next.starts_with(word))
            .collect();
        candidates.dedup();
        if let Some(exact) = candidates.iter().find(|c| *c == word) {
            full.push(exact);
            continue;
        }
        match candidates.as_slice() {
            [] if full.is_empty() => return Err("No such command. Press `?' for help.".into()),
            [] => break,
            [one] => full.push(one),
            _ => {
                let prefix = full.iter().copied().chain([*word]).collect::<Vec<_>>().join(" ");
                let lines = help(&prefix);
                return Err(format!("Ambiguous command, possible expansions are:\n{}", lines.trim_end()));
            }
        }
    }
    let mut out = full.join(" ");
    // The rest keeps its blanks: it may hold quoted text.
    let mut rest = line.trim();
    for _ in &full {
        rest = rest.trim_start();
        rest = rest.find(char::is_whitespace).map_or("", |i| rest.get(i..).unwrap_or(""));
    }
    let rest = rest.trim();
    if !rest.is_empty() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(rest);
    }
    Ok(out)
}

/// What `help` prints for commands that begin so.
pub fn help(prefix: &str) -> String {
    let prefix = prefix.trim();
    let mut out = String::new();
    for (command, text) in COMMANDS {
        if command.starts_with(prefix) {
            out.extend([format!("{command:<45}  {text}\n")]);
        }
    }
    if out.is_empty() { "No help available.\n".into() } else { out }
}

/// Runs the client on the process's standard streams. Gives the exit status.
pub fn run_client(args: &ClientArgs) -> i32 {
    match Client::connect(args, Box::new(std::io::stdout())) {
        Ok(mut client) => client.run(args).unwrap_or_else(|e| {
            eprintln!("{e}");
            1
        }),
        Err(e) => {
            eprintln!("Unable to connect to server control socket ({}): {e}", args.path.display());
            1
        }
    }
}

/// A connection and where its answers are printed.
struct Client {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    verbose: bool,
    out: Box<dyn Write>,
}

impl Client {
    fn connect(args: &ClientArgs, out: Box<dyn Write>) -> std::io::Result<Self> {
        let writer = UnixStream::connect(&args.path)?;
        let reader = BufReader::new(writer.try_clone()?);
        Ok(Self { reader, writer, verbose: args.verbose, out })
    }

    fn run(&mut self, args: &ClientArgs) -> std::io::Result<i32> {
        self.reply()?;
        if args.restrict {
            self.ask("restrict")?;
        }
        if !args.command.is_empty() {
            return self.command(&args.command.join(" "));
        }
        let stdin = std::io::stdin();
        let tty = stdin.is_terminal();
        loop {
            if tty {
                write!(self.out, "bird> ")?;
                self.out.flush()?;
            }
            let mut line = String::new();
            if stdin.lock().read_line(&mut line)? == 0 {
                return Ok(0);
            }
            match line.trim() {
                "" => {}
                "exit" | "quit" => return Ok(0),
                // As with birdc, only a command among the arguments decides the exit status.
                line => {
                    self.command(line)?;
                }
            }
        }
    }

    fn command(&mut self, line: &str) -> std::io::Result<i32> {
        let line = line.trim();
        let first = line.split_whitespace().next().unwrap_or("");
        if first == "help" || line.ends_with('?') {
            let topic = line.trim_start_matches("help").trim_end_matches('?');
            write!(self.out, "{}", help(topic))?;
            return Ok(0);
        }
        match expand(line) {
            Ok(full) => self.ask(&full),
            Err(text) => {
                writeln!(self.out, "{text}")?;
                Ok(1)
            }
        }
    }

    fn ask(&mut self, line: &str) -> std::io::Result<i32> {
        writeln!(self.writer, "{line}")?;
        self.reply()
    }

    fn reply(&mut self) -> std::io::Result<i32> {
        print_reply(&mut self.reader, &mut self.out, self.verbose)
    }
}

/// Prints one reply; gives the exit status it means.
///
/// # Errors
/// The reply does not come to its end, or those of the two streams.
pub fn print_reply(reader: &mut impl BufRead, out: &mut impl Write, verbose: bool) -> std::io::Result<i32> {
    loop {
        let mut raw = Vec::new();
        // The server's lines are short; a bound keeps a strange one from filling memory.
        let n = reader.take(65_536).read_until(b'\n', &mut raw)?;
        if n == 0 {
            return Err(std::io::Error::other("Connection closed by server"));
        }
        let line = String::from_utf8_lossy(&raw);
        let line = line.trim_end_matches('\n');
        if let Some(text) = line.strip_prefix('+') {
            writeln!(out, ">>> {text}")?;
            continue;
        }
        if let Some(text) = line.strip_prefix(' ') {
            let pad = if verbose { "     " } else { "" };
            writeln!(out, "{pad}{text}")?;
            continue;
        }
        let code = line.get(..4).and_then(|c| c.parse::<u16>().ok());
        let (Some(code), Some(mark)) = (code, line.get(4..5)) else {
            writeln!(out, "{line}")?;
            continue;
        };
        if verbose {
            writeln!(out, "{line}")?;
        } else if code != 0 {
            writeln!(out, "{}", line.get(5..).unwrap_or(""))?;
        }
        if mark == " " {
            out.flush()?;
            return Ok(i32::from(code >= 8000));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations() {
        assert_eq!(expand("sh pro all x").unwrap(), "show protocols all x");
        let error = expand("show st").unwrap_err();
        assert!(error.starts_with("Ambiguous command, possible expansions are:\nshow static  "), "{error}");
        assert!(error.contains("\nshow status  ") && error.lines().count() == 3, "{error}");
        assert_eq!(expand("dis p \"a  b\"").unwrap(), "disable p \"a  b\"");
        assert_eq!(expand("conf").unwrap(), "configure");
        assert_eq!(expand("foo bar").unwrap_err(), "No such command. Press `?' for help.");
    }
}
