//! Tar streams that nobody should write, block by block.

/// Header fields as raw text; `block` computes the checksum last, unless one is given.
#[derive(Clone, Debug)]
pub struct Header {
    pub name: Vec<u8>,
    pub mode: Vec<u8>,
    pub uid: Vec<u8>,
    pub gid: Vec<u8>,
    pub size: Vec<u8>,
    pub mtime: Vec<u8>,
    pub checksum: Option<Vec<u8>>,
    pub flag: u8,
    pub link: Vec<u8>,
    pub magic: Vec<u8>,
    pub owner: Vec<u8>,
    pub group: Vec<u8>,
    pub major: Vec<u8>,
    pub minor: Vec<u8>,
    pub prefix: Vec<u8>,
    pub tail: Vec<u8>,
}

/// 2026-05-01T12:00:00Z
pub const MTIME: u64 = 1_777_636_800;

impl Header {
    pub fn new(flag: u8, name: &str, size: u64) -> Self {
        Self {
            name: name.into(),
            mode: b"0000777".to_vec(),
            uid: b"0000000".to_vec(),
            gid: b"0000000".to_vec(),
            size: format!("{size:011o}").into(),
            mtime: format!("{MTIME:011o}").into(),
            checksum: None,
            flag,
            link: Vec::new(),
            magic: b"ustar\x0000".to_vec(),
            owner: b"root".to_vec(),
            group: b"root".to_vec(),
            major: b"0000000".to_vec(),
            minor: b"0000000".to_vec(),
            prefix: Vec::new(),
            tail: Vec::new(),
        }
    }

    /// A pax header block: its own fields zero or empty.
    pub fn pax(size: usize) -> Self {
        let zero = || b"0000000".to_vec();
        let none = Vec::new;
        let mut header = Self::new(b'x', "PaxHeaders.0/x", size as u64);
        (header.mode, header.mtime) = (zero(), b"00000000000".to_vec());
        (header.owner, header.group, header.major, header.minor) = (none(), none(), none(), none());
        header
    }

    pub fn block(&self) -> Vec<u8> {
        let mut block = vec![0; 512];
        let fields: [(usize, usize, &[u8]); 14] = [
            (0, 100, &self.name),
            (100, 8, &self.mode),
            (108, 8, &self.uid),
            (116, 8, &self.gid),
            (124, 12, &self.size),
            (136, 12, &self.mtime),
            (157, 100, &self.link),
            (257, 8, &self.magic),
            (265, 32, &self.owner),
            (297, 32, &self.group),
            (329, 8, &self.major),
            (337, 8, &self.minor),
            (345, 155, &self.prefix),
            (500, 12, &self.tail),
        ];
        for (at, width, value) in fields {
            let length = value.len().min(width);
            block[at..at + length].copy_from_slice(&value[..length]);
        }
        block[156] = self.flag;
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        let checksum = self.checksum.clone().unwrap_or_else(|| format!("{sum:06o}\0 ").into());
        block[148..148 + checksum.len()].copy_from_slice(&checksum);
        block
    }
}

/// One entry: blocks before its header, the header, its body, the padding.
#[derive(Clone, Debug)]
pub struct Item {
    pub before: Vec<u8>,
    pub header: Header,
    pub body: Vec<u8>,
    pub padding: u8,
}

impl Item {
    pub fn file(name: &str, body: &[u8]) -> Self {
        Self {
            before: Vec::new(),
            header: Header::new(b'0', name, body.len() as u64),
            body: body.to_vec(),
            padding: 0,
        }
    }

    pub fn directory(name: &str) -> Self {
        Self { before: Vec::new(), header: Header::new(b'5', name, 0), body: Vec::new(), padding: 0 }
    }

    pub fn symlink(name: &str, target: &str) -> Self {
        let mut item = Self::directory(name);
        item.header.flag = b'2';
        item.header.link = target.into();
        item
    }

    /// Puts a pax block with these records before the header.
    pub fn with_pax(mut self, records: &[u8]) -> Self {
        self.before.extend(pax_block(&Header::pax(records.len()), records));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.before.clone();
        bytes.extend(self.header.block());
        bytes.extend(&self.body);
        bytes.resize(bytes.len().next_multiple_of(512), self.padding);
        bytes
    }
}

pub fn pax_block(header: &Header, records: &[u8]) -> Vec<u8> {
    let mut bytes = header.block();
    bytes.extend(records);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// `LENGTH KEY=VALUE\n`
pub fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (rest..rest + 8).find(|length| length.to_string().len() + rest == *length).unwrap();
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}
