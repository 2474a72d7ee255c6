//! The server as a program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_apiserver-double");

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn it_prints_its_url_and_serves_the_files() {
    let mut files = Vec::new();
    for text in [
        r#"{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}}"#,
        r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "b"}}]}"#,
        r#"[{"apiVersion": "projectcalico.org/v3", "kind": "IPPool", "metadata": {"name": "p"}}]"#,
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        files.push(file);
    }
    let mut command = Command::new(PROGRAM);
    command.args(["--calico", "v3", "--token", "t"]).args(files.iter().map(tempfile::NamedTempFile::path));
    let mut program = Running(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut url = String::new();
    BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let addr = url.trim().strip_prefix("http://").unwrap();
    let get = |path: &str, token: &str| {
        let mut tcp = TcpStream::connect(addr).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        tcp.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).unwrap();
        answer
    };
    let nodes = get("/api/v1/nodes", "t");
    assert!(nodes.contains(r#""name":"a""#) && nodes.contains(r#""name":"b""#), "{nodes}");
    assert!(get("/apis/projectcalico.org/v3/ippools", "t").contains(r#""name":"p""#));
    assert!(get("/api/v1/nodes", "x").starts_with("HTTP/1.1 401 "));
}

#[test]
fn it_complains_of_what_it_does_not_know() {
    for (arguments, code, text) in [
        (&["--calico", "v4"][..], 2, "v4 is none of v1, v3, both"),
        (&["--listen"], 2, "--listen needs a value"),
        (&["--port"], 2, "unknown option --port"),
        (&["/nonexistent.json"], 1, "/nonexistent.json: "),
    ] {
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(text), "{arguments:?}");
    }
}
