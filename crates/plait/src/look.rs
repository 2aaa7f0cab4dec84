//! What is in a file, before anything is linked.

use crate::faults::Faults;
use plait_formats::columns::{Profile, describe, plan};
use plait_formats::read::{FileFormat, ReadOptions, read};
use plait_types::{Issue, Role};
use std::path::PathBuf;

/// What to look at.
#[derive(Clone, Debug)]
pub struct LookRequest {
    /// The file.
    pub path: PathBuf,
    /// The sheet of a workbook; the first with rows if `None`.
    pub sheet: Option<String>,
    /// Roles that replace the inferred ones: header, role.
    pub roles: Vec<(String, Role)>,
}

/// What was seen.
#[derive(Clone, Debug)]
pub struct Looked {
    /// For a person to read.
    pub text: String,
    /// For a program to read.
    pub json: serde_json::Value,
    /// Findings in the file.
    pub issues: Vec<Issue>,
}

/// Reads a file and says what it holds: format, roles, completeness, validity, placeholders, five masked rows.
pub fn look(request: &LookRequest) -> Result<Looked, Faults> {
    let options = ReadOptions { sheet: request.sheet.clone(), ..ReadOptions::default() };
    let content = read(&request.path, &options)?;
    let plans = plan(&content.table, &request.roles)?;
    let profile = Profile::of(&content.table, &plans);
    let mut text = format!("{}: {}\n", request.path.display(), content.format);
    if let FileFormat::Xlsx { other_sheets, .. } = &content.format
        && !other_sheets.is_empty()
    {
        text += &format!("other sheets: {} (choose one with --sheet)\n", other_sheets.join(", "));
    }
    text += &describe(&profile);
    let columns: Vec<serde_json::Value> = profile
        .columns
        .iter()
        .zip(&plans)
        .map(|(column, plan)| {
            serde_json::json!({
                "name": column.name,
                "role": column.role.name(),
                "why": column.why,
                "filled": column.filled,
                "distinct": column.distinct,
                "valid": column.validity.map(|v| v.valid),
                "checked": column.validity.map(|v| v.checked),
                "date_order": plan.date_order.map(plait_types::DateOrder::layout),
                "placeholders": column.placeholders.iter().map(|p| (p.what, p.rows)).collect::<Vec<_>>(),
                "oddities": column.oddities,
                "notes": plan.notes,
            })
        })
        .collect();
    let json = serde_json::json!({
        "file": request.path.display().to_string(),
        "format": content.format.to_string(),
        "rows_in": content.rows_in,
        "rows": content.table.n_rows,
        "columns": columns,
        "issues": content.issues.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    Ok(Looked { text, json, issues: content.issues })
}
