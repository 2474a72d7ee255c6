//! Certificates of a test's own.

use std::path::{Path, PathBuf};

use crate::server::{Tls, run};

/// A CA in a folder.
pub(crate) struct Ca<'a> {
    dir: &'a Path,
    name: &'a str,
}

impl<'a> Ca<'a> {
    pub(crate) fn new(dir: &'a Path, name: &'a str) -> Self {
        let (key, cert, subject) = (format!("{name}.key"), format!("{name}.pem"), format!("/CN={name}"));
        openssl(dir, &["req", "-x509", "-days", "2", "-keyout", &key, "-out", &cert, "-subj", &subject]);
        Self { dir, name }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.join(format!("{}.pem", self.name))
    }

    /// A certificate for an address, and for a name of a client.
    pub(crate) fn certify(&self, name: &str, address: &str) -> Tls {
        let at = |end: &str| format!("{name}.{end}");
        let text = format!("subjectAltName=IP:{address}\nextendedKeyUsage=serverAuth,clientAuth\n");
        std::fs::write(self.dir.join(at("ext")), text).expect("it is written");
        let subject = format!("/CN={name}");
        openssl(self.dir, &["req", "-keyout", &at("key"), "-out", &at("csr"), "-subj", &subject]);
        let (ca, ca_key) = (format!("{}.pem", self.name), format!("{}.key", self.name));
        let signed = ["x509", "-req", "-days", "2", "-CAcreateserial", "-CA", &ca, "-CAkey", &ca_key];
        let files = ["-in", &at("csr"), "-out", &at("pem"), "-extfile", &at("ext")];
        run("/usr/bin/openssl", &[signed.as_slice(), files.as_slice()].concat(), self.dir);
        Tls { ca: self.file(), cert: self.dir.join(at("pem")), key: self.dir.join(at("key")) }
    }
}

/// `openssl req` with a new key.
fn openssl(dir: &Path, args: &[&str]) {
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    run("/usr/bin/openssl", &[args, key.as_slice()].concat(), dir);
}
