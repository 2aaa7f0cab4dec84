//! Times the reading of returns on one thread: `cargo run --release -p plait-formats --example returns_timing`.
//!
//! Writes a children in need census as XML and a school census table as CSV, of made-up content, into the folder for
//! temporary files; reads each three times into a sink that counts rows; takes the files away again. Arguments are the
//! size of each file in MB, 200 where there is none, and the number of rows in a batch. Where a third names a folder, the
//! files are written there and left, to be read by something else.
#![expect(clippy::print_stdout, reason = "a measuring tool prints")]

use plait_formats::returns::gather::BATCH_ROWS;
use plait_formats::returns::{Asked, Batch, BatchSink, Detected, Quiet, detect, gather_in};
use plait_types::{Fault, FaultCode, Issue};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

const RUNS: usize = 3;

/// Writes a file of so many bytes.
type WriteFile = fn(&mut BufWriter<File>, u64) -> std::io::Result<()>;

/// Takes batches and forgets them.
#[derive(Default)]
struct Count {
    rows: u64,
}

impl BatchSink for Count {
    fn batch(&mut self, batch: Batch) -> Result<(), Fault> {
        self.rows += batch.rows.n_rows as u64;
        Ok(())
    }

    fn issue(&mut self, _issue: Issue) {}

    fn set_aside(&mut self, _table: usize, _n_rows: u64) {}
}

fn main() -> Result<(), Fault> {
    let argument = |at| std::env::args().nth(at).and_then(|text| text.parse::<u64>().ok());
    let size = argument(1).unwrap_or(200) * 1_000_000;
    let batch_rows = argument(2).map_or(BATCH_ROWS, |rows| rows as usize);
    let kept = std::env::args().nth(3);
    let folder = kept.as_ref().map_or_else(std::env::temp_dir, PathBuf::from);
    let forms: [(&str, WriteFile); 2] =
        [("plait-timing.xml", write_xml), ("plait-timing_2024_spring_pupilonroll.csv", write_csv)];
    for (name, write) in forms {
        let path = folder.join(name);
        let written = File::create(&path).and_then(|file| write(&mut BufWriter::new(file), size));
        written.map_err(|error| Fault::new(FaultCode::CannotWrite, error.to_string(), "free some space"))?;
        if kept.is_some() {
            continue;
        }
        let result = time(&path, batch_rows);
        // what is left over is only a temporary file
        let _ = fs::remove_file(&path);
        result?;
    }
    Ok(())
}

fn time(path: &Path, batch_rows: usize) -> Result<(), Fault> {
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let started = Instant::now();
    let Detected::Return(recognised) = detect(path, &Asked::Nothing)? else {
        println!("{}: not recognised", path.display());
        return Ok(());
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    println!("{file}: {}, recognised in {:.3} s", recognised.spec.id(), started.elapsed().as_secs_f64());
    for _ in 0..RUNS {
        let (started, cpu_before) = (Instant::now(), cpu_seconds());
        let mut count = Count::default();
        gather_in(&recognised, batch_rows, &mut count, &Quiet)?;
        let speed = |seconds: f64| format!("{seconds:.2} s, {:.0} MB/s", size as f64 / 1e6 / seconds);
        let wall = speed(started.elapsed().as_secs_f64());
        // on a machine that others use, the time of the processor says more than that of the clock
        let cpu = cpu_before.zip(cpu_seconds()).map_or("not known".to_owned(), |(from, to)| speed(to - from));
        println!("{file}: {} rows, {wall}; of the processor {cpu}", count.rows);
    }
    Ok(())
}

/// What this process has taken of the processor so far, in seconds, to the hundredth; only on Linux.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // the second field is a name in brackets, which may hold spaces; user and system time are fields 14 and 15
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}

fn write_xml(file: &mut BufWriter<File>, size: u64) -> std::io::Result<()> {
    let head = "<Message>\n  <Header>\n    <CollectionDetails><Collection>CIN</Collection><Year>2024</Year>\
                <ReferenceDate>2024-03-31</ReferenceDate></CollectionDetails>\n    <Source><LEA>999</LEA></Source>\n  \
                </Header>\n  <Children>\n";
    let mut written = head.len() as u64;
    file.write_all(head.as_bytes())?;
    let mut child = 0_u64;
    while written < size {
        let (day, month, year) = (child % 28 + 1, child % 12 + 1, 2006 + child % 17);
        let text = format!(
            "    <Child>\n      <ChildIdentifiers>\n        <LAchildID>{child:010}</LAchildID>\n        \
             <UPN>A999{child:09}</UPN>\n        <PersonBirthDate>{year}-{month:02}-{day:02}</PersonBirthDate>\n        \
             <GenderCurrent>{}</GenderCurrent>\n      </ChildIdentifiers>\n      <ChildCharacteristics>\n        \
             <Ethnicity>WBRI</Ethnicity>\n      </ChildCharacteristics>\n      <CINdetails>\n        \
             <CINreferralDate>2023-{month:02}-{day:02}</CINreferralDate>\n        \
             <ReferralSource>5B</ReferralSource>\n        <PrimaryNeedCode>N{}</PrimaryNeedCode>\n        \
             <ReferralNFA>false</ReferralNFA>\n        <Assessments>\n          \
             <AssessmentActualStartDate>2023-{month:02}-{day:02}</AssessmentActualStartDate>\n          \
             <FactorsIdentifiedAtAssessment>\n            <AssessmentFactors>2A</AssessmentFactors>\n            \
             <AssessmentFactors>4B</AssessmentFactors>\n          </FactorsIdentifiedAtAssessment>\n        \
             </Assessments>\n      </CINdetails>\n    </Child>\n",
            child % 2 + 1,
            child % 9 + 1,
        );
        written += text.len() as u64;
        file.write_all(text.as_bytes())?;
        child += 1;
    }
    file.write_all(b"  </Children>\n</Message>\n")?;
    file.flush()
}

fn write_csv(file: &mut BufWriter<File>, size: u64) -> std::io::Result<()> {
    let head = "pupilonrolltableid,NativeId,dob,surname,forename,upn,sex,entrydate,pupilonrollorderseqcolumn,\
                schoolcensustableid,ncyearactual,senprovision,ethnicity,language,enrolstatus,parttime\n";
    let mut written = head.len() as u64;
    file.write_all(head.as_bytes())?;
    let mut pupil = 0_u64;
    while written < size {
        let (day, year) = (pupil % 28 + 1, 2006 + pupil % 17);
        let text = format!(
            "{pupil:08x}-8ca,SCH{},{year}-Apr-{day:02} 00:00:00,SUR{},FOR{},A999{pupil:09},{},2023-Sep-01 00:00:00,1,\
             {:08x},{},N,WBRI,ENG,C,False\n",
            pupil % 90,
            pupil % 8_000,
            pupil % 3_000,
            if pupil.is_multiple_of(2) { "M" } else { "F" },
            pupil % 90,
            pupil % 14,
        );
        written += text.len() as u64;
        file.write_all(text.as_bytes())?;
        pupil += 1;
    }
    file.flush()
}
