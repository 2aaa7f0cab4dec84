//! Writes small valid Parquet, Arrow and Excel files into a folder, as seeds for fuzzing:
//! `cargo run -p plait-formats --example small_files FOLDER`.
//!
//! They hold every type that the readers know, in the encodings and compressions in which other programs write them.

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, DictionaryArray, Float32Array,
    Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
    StringViewArray, Time32SecondArray, Time64NanosecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use rust_xlsxwriter::{Format, Formula, Workbook};
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

const ROWS: i32 = 12;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder")?;
    let folder = Path::new(&folder);
    for (name, batch) in [("text", text()?), ("numbers", numbers()?), ("times", times()?)] {
        write_parquet(folder, name, &batch)?;
        write_ipc(folder, name, &batch)?;
    }
    write_workbooks(folder)
}

/// One value per row, missing in every fifth.
fn some<T>(value: impl Fn(i32) -> T) -> impl Iterator<Item = Option<T>> {
    (0..ROWS).map(move |row| (row % 5 != 4).then(|| value(row)))
}

fn text() -> Result<RecordBatch, Box<dyn Error>> {
    let name = |row| format!("name {}", row % 3);
    let long = |row| format!("a value that is longer than twelve bytes, {row}");
    let columns: [(&str, ArrayRef); 6] = [
        ("forename", Arc::new(some(name).collect::<StringArray>())),
        ("surname", Arc::new(some(long).collect::<LargeStringArray>())),
        ("postcode", Arc::new(some(long).collect::<StringViewArray>())),
        (
            "sex",
            Arc::new(some(|row| if row % 2 == 0 { "F" } else { "M" }).collect::<DictionaryArray<Int8Type>>()),
        ),
        ("bytes", Arc::new(some(|row| vec![b'a' + row as u8; 3]).collect::<BinaryArray>())),
        ("dob", Arc::new(some(|row| format!("2010-01-{:02}", row + 1)).collect::<StringArray>())),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn numbers() -> Result<RecordBatch, Box<dyn Error>> {
    let columns: [(&str, ArrayRef); 11] = [
        ("i8", Arc::new(some(|row| row as i8).collect::<Int8Array>())),
        ("i16", Arc::new(some(|row| row as i16 * 100).collect::<Int16Array>())),
        ("i32", Arc::new(some(|row| row * 100_000).collect::<Int32Array>())),
        ("i64", Arc::new(some(|row| i64::from(row) << 40).collect::<Int64Array>())),
        ("u8", Arc::new(some(|row| row as u8).collect::<UInt8Array>())),
        ("u16", Arc::new(some(|row| row as u16).collect::<UInt16Array>())),
        ("u32", Arc::new(some(|row| row as u32).collect::<UInt32Array>())),
        ("u64", Arc::new(some(|row| row as u64 * 9_434_765_919).collect::<UInt64Array>())),
        ("f32", Arc::new(some(|row| row as f32 / 4.0).collect::<Float32Array>())),
        ("f64", Arc::new(some(|row| f64::from(row) / 3.0).collect::<Float64Array>())),
        ("yes", Arc::new(some(|row| row % 2 == 0).collect::<BooleanArray>())),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn times() -> Result<RecordBatch, Box<dyn Error>> {
    let seconds = |row: i32| 1_262_304_000 + i64::from(row) * 100_000;
    let columns: [(&str, ArrayRef); 8] = [
        ("date32", Arc::new(some(|row| 14_610 + row).collect::<Date32Array>())),
        ("date64", Arc::new(some(move |row| seconds(row) * 1000).collect::<Date64Array>())),
        ("s", Arc::new(some(seconds).collect::<TimestampSecondArray>())),
        ("ms", Arc::new(some(move |row| seconds(row) * 1000).collect::<TimestampMillisecondArray>())),
        ("us", Arc::new(some(move |row| seconds(row) * 1_000_000).collect::<TimestampMicrosecondArray>())),
        ("ns", Arc::new(some(move |row| seconds(row) * 1_000_000_000).collect::<TimestampNanosecondArray>())),
        ("time32", Arc::new(some(|row| row * 3600).collect::<Time32SecondArray>())),
        ("time64", Arc::new(some(|row| i64::from(row) * 1_000_000_007).collect::<Time64NanosecondArray>())),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn write_parquet(folder: &Path, name: &str, batch: &RecordBatch) -> Result<(), Box<dyn Error>> {
    let compressions = [
        ("plain", Compression::UNCOMPRESSED),
        ("snappy", Compression::SNAPPY),
        ("gzip", Compression::GZIP(GzipLevel::default())),
        ("lz4", Compression::LZ4_RAW),
        ("zstd", Compression::ZSTD(ZstdLevel::default())),
    ];
    for (at, (kind, compression)) in compressions.into_iter().enumerate() {
        let version = if at % 2 == 0 { WriterVersion::PARQUET_1_0 } else { WriterVersion::PARQUET_2_0 };
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_writer_version(version)
            // with and without, because the readers go different ways
            .set_dictionary_enabled(at != 1)
            .set_data_page_row_count_limit(5)
            .build();
        let file = File::create(folder.join(format!("{name}-{kind}.parquet")))?;
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties))?;
        writer.write(batch)?;
        writer.close()?;
    }
    Ok(())
}

fn write_ipc(folder: &Path, name: &str, batch: &RecordBatch) -> Result<(), Box<dyn Error>> {
    let compressions =
        [("plain", None), ("lz4", Some(CompressionType::LZ4_FRAME)), ("zstd", Some(CompressionType::ZSTD))];
    for (kind, compression) in compressions {
        let options = IpcWriteOptions::default().try_with_compression(compression)?;
        let file = File::create(folder.join(format!("{name}-{kind}.arrow")))?;
        let mut writer = FileWriter::try_new_with_options(file, &batch.schema(), options.clone())?;
        writer.write(batch)?;
        writer.finish()?;
        let file = File::create(folder.join(format!("{name}-{kind}.arrows")))?;
        let mut writer = StreamWriter::try_new_with_options(file, &batch.schema(), options)?;
        writer.write(batch)?;
        writer.finish()?;
    }
    Ok(())
}

/// A list of people below a title, and a workbook of a return with two of its sheets.
fn write_workbooks(folder: &Path) -> Result<(), Box<dyn Error>> {
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let mut people = Workbook::new();
    let sheet = people.add_worksheet().set_name("people")?;
    sheet.write(0, 0, "A list of people")?;
    for (column, header) in ["forename", "dob", "row", "share", "yes", "sum"].into_iter().enumerate() {
        sheet.write(2, column as u16, header)?;
    }
    for row in 3..9_u32 {
        sheet.write(row, 0, format!("name {}", row % 3))?;
        sheet.write_with_format(row, 1, 40_179 + row, &date)?;
        sheet.write(row, 2, row)?;
        sheet.write(row, 3, f64::from(row) / 8.0)?;
        sheet.write(row, 4, row % 2 == 0)?;
        sheet.write(row, 5, Formula::new(format!("=C{row}+1")).set_result((row + 1).to_string()))?;
    }
    people.add_worksheet().set_name("notes")?.write(0, 0, "nothing")?;
    people.save(folder.join("people.xlsx"))?;

    let mut lists = Workbook::new();
    for (name, third) in [("List 1", "Date of Contact"), ("List 2", "Assessment start date")] {
        let sheet = lists.add_worksheet().set_name(name)?;
        let headers =
            ["Child Unique ID", "Gender", third, "Date of Birth", "Ethnicity", "Age of Child (Years)"];
        for (column, header) in headers.into_iter().enumerate() {
            sheet.write(0, column as u16, header)?;
        }
        for row in 1..6_u32 {
            sheet.write(row, 0, format!("c{row}"))?;
            sheet.write(row, 1, "a) Male")?;
            sheet.write_with_format(row, 2, 45_000 + row, &date)?;
            sheet.write(row, 3, "01/02/2012")?;
            sheet.write(row, 4, "WBRI")?;
            sheet.write(row, 5, 11)?;
        }
    }
    lists.save(folder.join("lists.xlsx"))?;
    Ok(())
}
