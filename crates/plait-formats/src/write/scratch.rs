//! Columns on disk for a while, where they are too much to hold.

use super::part::cannot_write;
use plait_types::{Fault, Values};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file of blocks, gone when dropped.
pub(crate) struct Scratch {
    path: PathBuf,
    file: File,
    length: u64,
}

/// Where a block is.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    at: u64,
    length: usize,
}

impl Scratch {
    pub(crate) fn create(path: &Path) -> Result<Self, Fault> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create_new(true).open(path);
        let file = file.map_err(|error| cannot_write(path, error.kind()))?;
        Ok(Self { path: path.to_owned(), file, length: 0 })
    }

    pub(crate) fn append(&mut self, block: &Block) -> Result<Place, Fault> {
        let place = Place { at: self.length, length: block.0.len() };
        self.file.write_all(&block.0).map_err(|error| self.fault(&error))?;
        self.length += place.length as u64;
        Ok(place)
    }

    pub(crate) fn read(&mut self, place: Place) -> io::Result<Vec<u8>> {
        let mut block = vec![0; place.length];
        self.file.seek(SeekFrom::Start(place.at))?;
        self.file.read_exact(&mut block)?;
        Ok(block)
    }

    /// What to tell of an error with it.
    pub(crate) fn fault(&self, error: &io::Error) -> Fault {
        cannot_write(&self.path, error.kind())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // what is left behind lies in the caller's folder for such files
        let _ = fs::remove_file(&self.path);
    }
}

/// Numbers and texts one after the other, to be read as they were put in.
#[derive(Default)]
pub(crate) struct Block(Vec<u8>);

impl Block {
    pub(crate) fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn codes(&mut self, codes: &[u32]) {
        self.number(codes.len() as u64);
        codes.iter().for_each(|code| self.0.extend_from_slice(&code.to_le_bytes()));
    }

    pub(crate) fn values(&mut self, values: &Values) {
        self.number(values.len() as u64);
        for value in values.iter() {
            self.0.extend_from_slice(&(value.len() as u32).to_le_bytes());
            self.0.extend_from_slice(value.as_bytes());
        }
    }
}

/// Reads a [`Block`].
pub(crate) struct BlockReader<'a>(&'a [u8]);

impl<'a> BlockReader<'a> {
    pub(crate) fn new(block: &'a [u8]) -> Self {
        Self(block)
    }

    pub(crate) fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().expect("eight bytes were taken"))
    }

    pub(crate) fn codes(&mut self) -> Vec<u32> {
        let n = self.number() as usize;
        self.take(4 * n).as_chunks().0.iter().map(|code| u32::from_le_bytes(*code)).collect()
    }

    pub(crate) fn values(&mut self) -> Values {
        let mut values = Values::default();
        self.each_value(|value| values.push(value));
        values
    }

    pub(crate) fn each_value(&mut self, mut take: impl FnMut(&str)) {
        for _ in 0..self.number() {
            let length = u32::from_le_bytes(self.take(4).try_into().expect("four bytes were taken"));
            take(str::from_utf8(self.take(length as usize)).expect("text was put in"));
        }
    }

    fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(n);
        self.0 = rest;
        taken
    }
}
