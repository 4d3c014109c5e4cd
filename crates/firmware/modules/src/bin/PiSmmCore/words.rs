//! The core's PCD words.

use pi::pcd::Block;

#[used]
#[unsafe(link_section = ".data")]
pub static PCD: Block<3> = Block::new([("PcdCheckCommBuffer", 1), ("PcdCheckCommHeader", 1), ("PcdDeferRemoval", 1)]);
/// Where a message lies: 0 isn't checked, 2 its start only.
pub const COMM_BUFFER: usize = 0;
/// 0: a message may be shorter than its header.
pub const COMM_HEADER: usize = 1;
/// 0: a handler that is unregistered goes at once, even while the list is walked.
pub const DEFER_REMOVAL: usize = 2;
