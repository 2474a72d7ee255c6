//! Commands as they come over the wire: full words, read without any knowledge of the router.

mod lexer;
mod parser;

use godwit_api::{Action, ExportMode, NetSelector, Selector};
use godwit_config::DebugFlags;

pub use lexer::Token;
pub use parser::parse;

/// A command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// An empty line: answered by nothing but the end.
    Empty,
    /// `show status`.
    ShowStatus,
    /// `show protocols`, with details or not.
    ShowProtocols {
        /// `all`.
        all: bool,
        /// Which.
        selector: Selector,
    },
    /// `show route`.
    ShowRoute(Box<ShowRoute>),
    /// `show interfaces`, as a summary or not.
    ShowInterfaces {
        /// `summary`.
        summary: bool,
    },
    /// `show symbols`.
    ShowSymbols(SymbolSelector),
    /// `show memory`.
    ShowMemory,
    /// `show static`, of one protocol or all.
    ShowStatic(Option<String>),
    /// `show bfd sessions`.
    ShowBfdSessions,
    /// `show ospf`, `show rip`, `show babel`: of a protocol that is not there; its name.
    ShowForeign(&'static str),
    /// `eval` and the expression's text.
    Eval(String),
    /// `configure` of a file.
    Configure {
        /// The file; none: the running one's.
        file: Option<String>,
        /// `soft`.
        soft: bool,
        /// `check`.
        check: bool,
        /// `timeout`, seconds.
        timeout_secs: Option<u32>,
    },
    /// `configure confirm`.
    ConfigureConfirm,
    /// `configure undo`.
    ConfigureUndo,
    /// `configure status`.
    ConfigureStatus,
    /// `enable`, `disable`, `restart`, `reload`.
    Act {
        /// What to do.
        action: Action,
        /// To which.
        selector: Selector,
        /// The shutdown message.
        message: Option<String>,
    },
    /// `debug`.
    Debug {
        /// Of which.
        selector: Selector,
        /// The mask.
        flags: DebugFlags,
    },
    /// `mrtdump`, accepted and without effect.
    MrtDump(Selector),
    /// `echo`, accepted and without effect.
    Echo,
    /// `dump`, accepted and without effect.
    Dump,
    /// `restrict`.
    Restrict,
    /// `down`.
    Down,
    /// `graceful restart`.
    GracefulRestart,
}

impl Command {
    /// Whether a restricted session may not give it.
    pub fn is_order(&self) -> bool {
        matches!(
            self,
            Self::Configure { .. }
                | Self::ConfigureConfirm
                | Self::ConfigureUndo
                | Self::ConfigureStatus
                | Self::Act { .. }
                | Self::Debug { .. }
                | Self::MrtDump(_)
                | Self::Down
                | Self::GracefulRestart
        )
    }
}

/// Which symbols `show symbols` lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SymbolSelector {
    /// All.
    All,
    /// `table`.
    Tables,
    /// `filter`.
    Filters,
    /// `function`.
    Functions,
    /// `protocol`.
    Protocols,
    /// `template`.
    Templates,
    /// One by its name.
    Name(String),
}

/// The options of `show route`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShowRoute {
    /// Which nets.
    pub nets: NetSelector,
    /// `table`, in order.
    pub tables: Vec<String>,
    /// `table all`.
    pub all_tables: bool,
    /// `protocol`.
    pub protocol: Option<String>,
    /// `filter` or `where`.
    pub filter: Option<FilterText>,
    /// `export` and its kin.
    pub export: Option<(ExportMode, String)>,
    /// The channel named after the protocol: `export PROTOCOL.CHANNEL`.
    pub export_channel: Option<String>,
    /// `import table` or `export table`.
    pub channel_table: Option<ChannelTable>,
    /// `all`.
    pub all: bool,
    /// `primary`.
    pub primary: bool,
    /// `filtered`.
    pub filtered: bool,
    /// `count`.
    pub count: bool,
    /// `stats`.
    pub stats: bool,
}

/// `import table PROTOCOL.CHANNEL` and `export table PROTOCOL.CHANNEL`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelTable {
    /// `import`, else `export`.
    pub import: bool,
    /// The protocol.
    pub protocol: String,
    /// The channel.
    pub channel: String,
}

/// A filter as a command gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FilterText {
    /// `filter NAME`.
    Name(String),
    /// `filter { … }`: the text with its braces.
    Block(String),
    /// `where EXPR`: the expression's text.
    Where(String),
}

/// Why a line is not a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ParseError {
    /// This token is not what the grammar expects here.
    Unexpected {
        /// What was found.
        found: Token,
        /// What BIRD 2 says it expects; empty if it says nothing.
        expected: &'static str,
    },
    /// The grammar is kept, but the command makes no sense; BIRD's text.
    Message(String),
}
