//! BIRD's own client against this server.

mod common;

use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn lab_birdc_speaks_with_us() {
    let (_dir, path) = common::start();
    let run = |args: &'static [&'static str]| {
        let path = path.clone();
        async move {
            let done = tokio::task::spawn_blocking(move || {
                Command::new("/usr/sbin/birdc").arg("-s").arg(path).args(args).output()
            });
            let out = done.await.unwrap().expect("the stock birdc must be installed");
            (String::from_utf8(out.stdout).unwrap(), out.status.code())
        }
    };
    let (text, code) = run(&["show", "status"]).await;
    assert!(text.starts_with("BIRD 2.0.12 ready.\nBIRD 2.0.12\nRouter ID is 10.0.0.1\n"), "{text}");
    assert!(text.ends_with("Daemon is up and running\n"), "{text}");
    assert_eq!(code, Some(0));
    let (text, _) = run(&["sh", "pro"]).await;
    assert!(text.contains("peer1      BGP        ---        up     "), "{text}");
    let (text, _) = run(&["show", "route"]).await;
    assert_eq!(text.lines().filter(|l| l.contains("unicast [peer1")).count(), 3, "{text}");
    let (text, code) = run(&["-r", "down"]).await;
    assert!(text.ends_with("Access denied\n"), "{text}");
    assert_eq!(code, Some(1));
}
