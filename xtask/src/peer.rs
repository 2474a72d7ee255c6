//! The neighbors of the benchmark: one sends prebuilt UPDATEs, the other counts what comes out.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::BytesMut;
use godwit_wire::{
    AddressFamily, AsPath, Capability, EncodeContext, MESSAGE_LEN_MAX, MessageType, Open, Origin,
    PathAttributes, announce_ipv4, encode_keepalive, next_frame, split_update,
};
use ipnetwork::Ipv4Network;
use socket2::{Domain, Socket, Type};

/// The daemon's address, and the source's and the sink's.
pub(crate) const DAEMON: &str = "10.99.0.1";
pub(crate) const SOURCE: &str = "10.99.0.2";
pub(crate) const SINK: &str = "10.99.0.3";
/// Prefixes that share a set of attributes.
const NETS_PER_SET: u32 = 6;

/// Sends `count` prefixes through the daemon and prints the seconds until all have come out, and
/// until all were withdrawn after the source closed.
pub(crate) fn run(count: &str) -> Result<()> {
    let (data, total) = updates(count.parse()?)?;
    let mut source = connect(SOURCE, 65_001)?;
    let mut sink = Sink { stream: connect(SINK, 65_002)?, buffer: vec![0; 1 << 20], len: 0 };
    // End-of-RIB and the like are through before the clock starts.
    std::thread::sleep(Duration::from_millis(500));
    let start = Instant::now();
    let sender = std::thread::spawn(move || source.write_all(&data).map(|()| source));
    let (mut announced, mut withdrawn) = (0, 0);
    while announced < total {
        let (a, w) = sink.read()?;
        announced += a;
        withdrawn += w;
    }
    let through = start.elapsed();
    let source = sender.join().map_err(|_| anyhow::anyhow!("the sender failed"))??;
    if withdrawn > 0 {
        bail!("{withdrawn} prefixes were withdrawn while all were announced");
    }
    let start = Instant::now();
    drop(source);
    while withdrawn < total {
        withdrawn += sink.read()?.1;
    }
    println!("{:.6} {:.6}", through.as_secs_f64(), start.elapsed().as_secs_f64());
    Ok(())
}

/// The UPDATEs, and how many prefixes they carry: sets of attributes as varied as the Internet's.
fn updates(count: usize) -> Result<(BytesMut, usize)> {
    let context =
        EncodeContext { four_octet_as: true, message_len_max: MESSAGE_LEN_MAX, ..EncodeContext::PLAIN };
    let mut data = BytesMut::new();
    let mut index = 0u32;
    while (index as usize) < count {
        let net = |k: u32| Ipv4Network::new(Ipv4Addr::from(0x0100_0000 + (index + k) * 256), 24);
        let nets = (0..NETS_PER_SET).map(net).collect::<Result<Vec<_>, _>>()?;
        let path = [65_001, 3_000 + index % 977, 100_000 + index, 7_000 + index % 31];
        let attributes = PathAttributes {
            origin: Some(Origin::Igp),
            as_path: Some(AsPath::from_sequence(&path)),
            next_hop: Some(SOURCE.parse()?),
            communities: vec![0xfde8_0000 | (index % 5_000), 0xfde9_0001].into(),
            ..PathAttributes::default()
        };
        announce_ipv4(&attributes, &nets, &context, &mut data)?;
        index += NETS_PER_SET;
    }
    Ok((data, index as usize))
}

/// Connects from an address and speaks until the session is established.
fn connect(local: &str, asn: u32) -> Result<TcpStream> {
    let to: SocketAddr = format!("{DAEMON}:179").parse()?;
    let from: SocketAddr = format!("{local}:0").parse()?;
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut stream: TcpStream = loop {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&from.into())?;
        match socket.connect(&to.into()) {
            Ok(()) => break socket.into(),
            Err(error) if Instant::now() > deadline => {
                return Err(error).context("the daemon does not listen");
            }
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    let mut out = BytesMut::new();
    let capabilities = vec![Capability::Multiprotocol(AddressFamily::IPV4), Capability::FourOctetAs(asn)];
    Open { asn: u16::try_from(asn)?, hold_time_secs: 240, identifier: local.parse()?, capabilities }
        .encode(&mut out);
    encode_keepalive(&mut out);
    stream.write_all(&out)?;
    let (mut buffer, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let n = stream.read(&mut chunk)?;
        if n == 0 {
            bail!("the daemon closed the connection from {local}");
        }
        buffer.extend_from_slice(chunk.get(..n).unwrap_or_default());
        while let Some(frame) = next_frame(&buffer, MESSAGE_LEN_MAX)? {
            match frame.kind {
                MessageType::Keepalive => return Ok(stream),
                MessageType::Notification => bail!("the daemon sent a NOTIFICATION: {:?}", frame.body),
                _ => {}
            }
            let len = frame.len;
            buffer.drain(..len);
        }
    }
}

struct Sink {
    stream: TcpStream,
    buffer: Vec<u8>,
    len: usize,
}

impl Sink {
    /// Prefixes announced and withdrawn by what is there to read.
    fn read(&mut self) -> Result<(usize, usize)> {
        let room = self.buffer.get_mut(self.len..).unwrap_or_default();
        let n = self.stream.read(room).context("nothing came for a minute")?;
        if n == 0 {
            bail!("the daemon closed the sink's connection");
        }
        self.len += n;
        let (mut at, mut announced, mut withdrawn) = (0, 0, 0);
        while let Some(frame) =
            next_frame(self.buffer.get(at..self.len).unwrap_or_default(), MESSAGE_LEN_MAX)?
        {
            if frame.kind == MessageType::Update {
                let update = split_update(frame.body)?;
                announced += count(update.nlri);
                withdrawn += count(update.withdrawn);
            }
            at += frame.len;
        }
        self.buffer.copy_within(at..self.len, 0);
        self.len -= at;
        Ok((announced, withdrawn))
    }
}

/// Prefixes in an NLRI field.
fn count(mut field: &[u8]) -> usize {
    let mut n = 0;
    while let Some((len, rest)) = field.split_first() {
        field = rest.get(usize::from(len.div_ceil(8))..).unwrap_or_default();
        n += 1;
    }
    n
}
