//! Configuration of the operator's own, beside what the datastore gives.

use std::path::{Path, PathBuf};

use godwit_config::{Extra, LoadOptions};
use godwit_control::NodeConfig;

use crate::loading::{include, system_text};

/// The operator's files, laid one after the other over every configuration on its way from the datastore to the
/// routers.
pub(super) struct Extras {
    files: Vec<PathBuf>,
    extras: Vec<Extra>,
    /// What was left out last: it is said once.
    left_out: Vec<String>,
}

impl Extras {
    /// Reads the files.
    ///
    /// # Errors
    /// One cannot be read; why has been logged.
    pub(super) fn read(files: &[PathBuf]) -> anyhow::Result<Self> {
        Ok(Self { files: files.to_vec(), extras: read_all(files)?, left_out: Vec::new() })
    }

    /// Reads the files again; a bad one leaves all as they were.
    pub(super) fn read_again(&mut self) {
        if self.files.is_empty() {
            tracing::info!("SIGHUP: there is nothing to read again, the datastore is followed");
            return;
        }
        match read_all(&self.files) {
            Ok(extras) => {
                self.extras = extras;
                self.left_out.clear();
                tracing::info!("the extra files have been read again");
            }
            Err(error) => tracing::error!("{error}: the extra files stay as they were"),
        }
    }

    /// The routers with the files over them.
    pub(super) fn over(&mut self, config: &NodeConfig) -> NodeConfig {
        let mut now = config.clone();
        let mut left_out = Vec::new();
        for extra in &mut self.extras {
            let applied = extra.apply(&[now.ipv4.clone(), now.ipv6.clone()]);
            left_out.extend(applied.remarks);
            if let Ok([ipv4, ipv6]) = <[_; 2]>::try_from(applied.routers) {
                now = NodeConfig { ipv4, ipv6 };
            }
        }
        if left_out != self.left_out {
            for remark in left_out.iter().filter(|remark| !self.left_out.contains(remark)) {
                tracing::warn!("{remark}");
            }
            tracing::warn!("extra files: {} remarks on what is left out or has no effect", left_out.len());
            self.left_out = left_out;
        }
        now
    }
}

fn read_all(files: &[PathBuf]) -> anyhow::Result<Vec<Extra>> {
    files.iter().map(|file| read_one(file)).collect()
}

fn read_one(file: &Path) -> anyhow::Result<Extra> {
    let name = file.to_string_lossy();
    let text = std::fs::read_to_string(file)
        .map_err(|error| anyhow::anyhow!("cannot read {name}: {}", system_text(&error)))?;
    match Extra::load(&name, &text, &LoadOptions::default(), &mut include) {
        Ok(extra) => {
            extra.warnings().for_each(|warning| tracing::warn!("{}", warning.trim_end()));
            Ok(extra)
        }
        Err(error) => {
            error.to_string().lines().for_each(|line| tracing::error!("{line}"));
            Err(anyhow::anyhow!("{name} is refused"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use godwit_config::{Dialect, RouterConfig};

    use super::*;

    #[test]
    fn a_bad_file_is_refused_at_the_start_and_leaves_the_last_good_one_later() {
        let folder = std::env::temp_dir().join(format!("godwit-extra-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("extra.conf");
        let write = |text: &str| std::fs::write(&file, text).expect("a file");
        let files = [file.clone()];
        let router = |ipv6| Arc::new(RouterConfig::new(Dialect::Bird16, ipv6));
        let config = NodeConfig { ipv4: router(false), ipv6: router(true) };
        let names = |extras: &mut Extras| -> Vec<String> {
            extras.over(&config).ipv4.protocols.iter().map(|p| p.name.clone()).collect()
        };

        assert!(Extras::read(&files).is_err(), "it is not there");
        write("protocol static a { rout 192.0.2.0/24 blackhole; }");
        assert!(Extras::read(&files).is_err());
        write("protocol static a { route 192.0.2.0/24 blackhole; }");
        let mut extras = Extras::read(&files).expect("it is good now");
        assert_eq!(names(&mut extras), ["a"]);
        write("protocol static b { route 192.0.2.0/24; }");
        extras.read_again();
        assert_eq!(names(&mut extras), ["a"]);
        write("protocol static b { route 192.0.2.0/24 blackhole; }");
        extras.read_again();
        assert_eq!(names(&mut extras), ["b"]);
        let _ = std::fs::remove_dir_all(&folder);
    }
}
