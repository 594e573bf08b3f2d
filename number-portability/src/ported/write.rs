//! Writes a ported-number file, in memory: some hundred megabytes at most.

use super::NanpNumber;
use super::layout::{
    EXCHANGE_LEN, FORMAT, HEADER_LEN, HUNDREDS, LRNS_AT, MAGIC, PALETTE_MAX, Spid, UNIT, header,
};

/// The blocks are larger than the directory can say: 16 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more ported numbers than one file can hold (16 GiB)")]
pub struct TooMany;

/// The file of `lrns`, and of the numbers and the place of each one's LRN among them, in ascending order, each number
/// once.
///
/// # Errors
/// [`TooMany`].
pub fn write(
    lrns: &[(NanpNumber, Spid)],
    numbers: impl Iterator<Item = (NanpNumber, u32)>,
) -> Result<Vec<u8>, TooMany> {
    let index_len = if lrns.len() <= 1 << 16 { 2 } else { 4 };
    let mut file = vec![0; LRNS_AT];
    for (lrn, spid) in lrns {
        file.extend(lrn.value().to_le_bytes());
        file.extend(spid);
    }
    let blocks_at = file.len();
    file.extend([0; UNIT]);

    let (mut count, mut blocks) = (0_u64, 0_u32);
    let mut block: Vec<(NanpNumber, u32)> = Vec::new();
    let mut numbers = numbers.peekable();
    while let Some(number) = numbers.next() {
        block.push(number);
        if numbers.peek().is_some_and(|(next, _)| next.exchange() == number.0.exchange()) {
            continue;
        }
        let unit = u32::try_from((file.len() - blocks_at) / UNIT).map_err(|_| TooMany)?;
        put(&mut file, HEADER_LEN + number.0.exchange() * EXCHANGE_LEN, &unit.to_le_bytes());
        write_block(&mut file, &block, index_len);
        file.resize(blocks_at + (file.len() - blocks_at).next_multiple_of(UNIT), 0);
        (count, blocks) = (count + block.len() as u64, blocks + 1);
        block.clear();
    }

    let crc = |range: &[u8]| crc32fast::hash(range).to_le_bytes();
    let tables_crc = file.get(HEADER_LEN..blocks_at).map(crc).unwrap_or_default();
    let blocks_crc = file.get(blocks_at..).map(crc).unwrap_or_default();
    let file_len = file.len() as u64;
    put(&mut file, 0, &MAGIC);
    put(&mut file, header::FORMAT, &FORMAT.to_le_bytes());
    put(&mut file, header::FILE_LEN, &file_len.to_le_bytes());
    put(&mut file, header::NUMBERS, &count.to_le_bytes());
    put(&mut file, header::LRNS, &(lrns.len() as u32).to_le_bytes());
    put(&mut file, header::INDEX_LEN, &(index_len as u32).to_le_bytes());
    put(&mut file, header::BLOCKS, &blocks.to_le_bytes());
    put(&mut file, header::TABLES_CRC, &tables_crc);
    put(&mut file, header::BLOCKS_CRC, &blocks_crc);
    let header_crc = file.get(16..HEADER_LEN).map(crc).unwrap_or_default();
    put(&mut file, header::HEADER_CRC, &header_crc);
    Ok(file)
}

/// Writes the numbers of one NPA-NXX.
fn write_block(file: &mut Vec<u8>, numbers: &[(NanpNumber, u32)], index_len: usize) {
    let mut palette: Vec<u32> = numbers.iter().map(|(_, index)| *index).collect();
    palette.sort_unstable();
    palette.dedup();
    if palette.len() > PALETTE_MAX {
        palette.clear();
    }

    file.extend((palette.len() as u16).to_le_bytes());
    for hundred in 0..=HUNDREDS {
        let before = numbers.partition_point(|(number, _)| number.hundred() < hundred);
        file.extend((before as u16).to_le_bytes());
    }
    palette.iter().for_each(|index| file.extend(index.to_le_bytes()));
    for hundred in numbers.chunk_by(|(one, _), (next, _)| one.hundred() == next.hundred()) {
        file.extend(hundred.iter().map(|(number, _)| number.last_two()));
        for (_, index) in hundred {
            match (palette.binary_search(index), index_len) {
                (Ok(place), _) => file.push(place as u8),
                (Err(_), 2) => file.extend((*index as u16).to_le_bytes()),
                (Err(_), _) => file.extend(index.to_le_bytes()),
            }
        }
    }
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = file.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}
