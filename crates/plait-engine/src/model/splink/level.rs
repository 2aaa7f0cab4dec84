//! From Splink's SQL conditions to [`Condition`]s and [`BlockingKey`]s.
//!
//! A condition is recognised by its shape. Where a shape is long (the distance on the globe, the relative
//! difference), the SQL that [`super::export`] writes for it is parsed and compared as a tree, so that reading
//! and writing cannot drift apart.

use super::export;
use super::sql::{self, Sql};
use super::{EMAIL_DOMAIN, EMAIL_LOCAL, POSTCODE_AREA, POSTCODE_DISTRICT, POSTCODE_SECTOR, POSTCODE_VALID};
use crate::model::{BlockingKey, BlockingRule, Condition, Edit, Measure, Missing, Part, Test};

/// Why a condition is not translated: what it uses, and what to do about it.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) uses: String,
    pub(super) todo: Option<&'static str>,
}

impl Refusal {
    fn of(sql: &Sql) -> Self {
        sql.construct().into()
    }

    fn todo(mut self, todo: &'static str) -> Self {
        self.todo = Some(todo);
        self
    }
}

impl<S: Into<String>> From<S> for Refusal {
    fn from(uses: S) -> Self {
        Self { uses: uses.into(), todo: None }
    }
}

type Read<T> = Result<T, Refusal>;

/// Which record of the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// A value of one record: a field, and which part of it.
#[derive(Clone, Debug, PartialEq)]
struct Operand {
    side: Side,
    field: String,
    part: Part,
}

/// How columns say which record they belong to.
#[derive(Clone, Copy)]
enum Naming {
    /// `"surname_l"`: conditions of levels.
    Suffix,
    /// `l."surname"`: blocking rules.
    Table,
}

/// The fields of a comparison that its null level decides on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NullLevel {
    pub(super) fields: Vec<String>,
    pub(super) missing: Missing,
    /// A note where Splink and Plait do not call the same values missing.
    pub(super) note: Option<String>,
}

/// Reads the condition of a null level.
pub(super) fn null_level(text: &str) -> Read<NullLevel> {
    let sql = sql::parse(text)?;
    let mut note = None;
    let shape = "a null level that is not \"one side of the field is null\", joined by AND or OR";
    if let Sql::All(parts) = &sql {
        let mut fields = Vec::new();
        for part in parts {
            let mut found = null_fields(part, &mut note)?;
            let (Some(field), None) = (found.pop(), found.pop()) else { return Err(shape.into()) };
            fields.push(field);
        }
        return Ok(NullLevel { fields, missing: Missing::All, note });
    }
    let fields = null_fields(&sql, &mut note)?;
    let missing = if fields.len() == 1 { Missing::All } else { Missing::Any };
    Ok(NullLevel { fields, missing, note })
}

/// The fields of which `a_l IS NULL OR a_r IS NULL OR …` says that one side is missing.
fn null_fields(sql: &Sql, note: &mut Option<String>) -> Read<Vec<String>> {
    let mut sides: Vec<(String, Vec<Side>)> = Vec::new();
    let mut open = vec![sql];
    while let Some(sql) = open.pop() {
        match sql {
            Sql::Any(parts) => open.extend(parts.iter().rev()),
            Sql::Missing(value) => {
                let operand = nullable(value, note)?;
                match sides.iter_mut().find(|(field, _)| *field == operand.field) {
                    Some((_, seen)) => seen.push(operand.side),
                    None => sides.push((operand.field, vec![operand.side])),
                }
            }
            other => return Err(Refusal::of(other)),
        }
    }
    if sides.iter().any(|(_, seen)| !seen.contains(&Side::Left) || !seen.contains(&Side::Right)) {
        return Err("a null level that looks at one record of the pair only".into());
    }
    Ok(sides.into_iter().map(|(field, _)| field).collect())
}

/// A value whose absence means that the field is missing.
fn nullable(value: &Sql, note: &mut Option<String>) -> Read<Operand> {
    if let Some((inner, pattern, _)) = extracted(value)
        && pattern == POSTCODE_VALID
    {
        let operand = operand(inner, Naming::Suffix)?;
        let field = &operand.field;
        *note = Some(format!(
            "to Splink every {field} without the form of a postcode is missing; Plait goes by its own rules for postcodes"
        ));
        return Ok(operand);
    }
    let operand = operand(value, Naming::Suffix)?;
    if operand.part == Part::Whole { Ok(operand) } else { Err("a null level of a part of a value".into()) }
}

/// Every field that the condition names, in the order of the text, once each.
pub(super) fn fields_named(text: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    let Ok(sql) = sql::parse(text) else { return fields };
    for column in sql.columns() {
        if let Ok(operand) = operand(column, Naming::Suffix)
            && !fields.contains(&operand.field)
        {
            fields.push(operand.field);
        }
    }
    fields
}

/// Reads the condition of a level that is neither the null level nor `ELSE`.
pub(super) fn condition(text: &str, null: &NullLevel) -> Read<Condition> {
    let reader = Reader { null };
    match reader.piece(&sql::parse(text)?)? {
        Piece::Holds(condition) => Ok(condition),
        other => Err(other.alone()),
    }
}

/// The fields and rules that a blocking rule stands for: more than one where it contains `OR`.
pub(super) fn blocking(text: &str) -> Read<Vec<BlockingRule>> {
    let sql = sql::parse(text)?;
    let mut rules = Vec::new();
    for conjunction in alternatives(&sql)? {
        let mut keys = Vec::new();
        let mut present = Vec::new();
        for part in conjunction {
            match part {
                Sql::Op("=", left, right) => keys.push(blocking_key(left, right)?),
                Sql::Present(value) => present.push(operand(value, Naming::Table)?.field),
                other => {
                    return Err(Refusal::of(other).todo(
                        "keep only equalities in blocking rules; what the rule filters out is compared and scores low",
                    ));
                }
            }
        }
        let keyed = |field: &String| {
            keys.iter().any(|key: &BlockingKey| key.left.0 == *field || key.right.0 == *field)
        };
        if keys.is_empty() || !present.iter().all(keyed) {
            return Err("a blocking rule without an equality of the two records".into());
        }
        rules.push(BlockingRule { keys });
    }
    Ok(rules)
}

fn blocking_key(left: &Sql, right: &Sql) -> Read<BlockingKey> {
    let (left, right) = in_order(operand(left, Naming::Table)?, operand(right, Naming::Table)?)?;
    Ok(BlockingKey { left: (left.field, left.part), right: (right.field, right.part) })
}

/// The disjunctive normal form: conjunctions of which one must hold.
fn alternatives(sql: &Sql) -> Read<Vec<Vec<&Sql>>> {
    const MOST: usize = 32;
    match sql {
        Sql::Any(parts) => Ok(parts.iter().map(alternatives).collect::<Read<Vec<_>>>()?.concat()),
        Sql::All(parts) => {
            let mut joined: Vec<Vec<&Sql>> = vec![Vec::new()];
            for part in parts {
                let choices = alternatives(part)?;
                if joined.len() * choices.len() > MOST {
                    return Err("more than 32 alternatives in one blocking rule".into());
                }
                joined = joined
                    .iter()
                    .flat_map(|before| choices.iter().map(move |choice| [before.as_slice(), choice].concat()))
                    .collect();
            }
            Ok(joined)
        }
        single => Ok(vec![vec![single]]),
    }
}

/// What one operand of `AND` or `OR` says.
enum Piece {
    Holds(Condition),
    /// One record has this literal; only both together are a test.
    Literal(Operand, String),
    /// These fields are present on these sides.
    Present(Vec<(String, Side)>),
}

impl Piece {
    /// Why it cannot stand where it stands.
    fn alone(self) -> Refusal {
        match self {
            Self::Literal(..) => Refusal::from("a value that one record alone must have")
                .todo("ask for the value on both sides, or remove the level"),
            Self::Present(_) | Self::Holds(_) => {
                Refusal::from("a test of presence that the null level does not settle")
                    .todo("put the field into the null level of the comparison, or remove the test")
            }
        }
    }
}

struct Reader<'a> {
    null: &'a NullLevel,
}

impl Reader<'_> {
    fn piece(&self, sql: &Sql) -> Read<Piece> {
        match sql {
            Sql::All(parts) => self.all(parts),
            Sql::Any(parts) => self.any(parts),
            Sql::Not(inner) => self.not(inner),
            Sql::Present(value) => {
                let operand = operand(value, Naming::Suffix)?;
                Ok(Piece::Present(vec![(operand.field, operand.side)]))
            }
            Sql::Op("=", left, right) => self.equality(left, right),
            Sql::Op(op @ ("<=" | "<" | ">=" | ">"), value, limit) => {
                self.limit(sql, value, op, limit).map(Piece::Holds)
            }
            Sql::Missing(_) => {
                Err(Refusal::of(sql).todo("mark the level as null level (is_null_level), or remove it"))
            }
            other => Err(Refusal::of(other)),
        }
    }

    fn all(&self, parts: &[Sql]) -> Read<Piece> {
        let (mut tests, mut literals, mut present) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            match self.piece(part)? {
                Piece::Holds(condition) => tests.push(condition),
                Piece::Present(sides) => present.extend(sides),
                Piece::Literal(operand, value) => match partner(&mut literals, &operand, &value) {
                    Some(_) => tests.push(self.test(operand.field, Test::BothAre(value))),
                    None => literals.push((operand, value)),
                },
            }
        }
        if let Some((operand, value)) = literals.pop() {
            return Err(Piece::Literal(operand, value).alone());
        }
        self.join_swaps(&mut tests);
        if tests.is_empty() {
            return Ok(Piece::Present(present));
        }
        let mut tested: Vec<String> = Vec::new();
        for test in &tests {
            self.certain(test, &mut tested);
        }
        present.retain(|(field, _)| !tested.contains(field));
        if !self.settled(&present) {
            return Err(Piece::Present(present).alone());
        }
        Ok(Piece::Holds(if tests.len() == 1 { tests.remove(0) } else { Condition::All(tests) }))
    }

    fn any(&self, parts: &[Sql]) -> Read<Piece> {
        let mut tests = Vec::new();
        for part in parts {
            match self.piece(part)? {
                Piece::Holds(condition) => tests.push(condition),
                other => return Err(other.alone()),
            }
        }
        Ok(Piece::Holds(Condition::Any(tests)))
    }

    /// In SQL the negation of a test of a missing value is not true, in Plait it is; so the values must be there.
    fn not(&self, inner: &Sql) -> Read<Piece> {
        if let Sql::Call(name, arguments) = inner
            && let [tested, Sql::Column { table: None, name: otherwise }] = arguments.as_slice()
            && name == "coalesce"
            && otherwise.eq_ignore_ascii_case("false")
        {
            return match self.piece(tested)? {
                Piece::Holds(condition) => Ok(Piece::Holds(Condition::Not(Box::new(condition)))),
                other => Err(other.alone()),
            };
        }
        if let Ok(fields) = null_fields(inner, &mut None) {
            let sides =
                fields.into_iter().flat_map(|field| [(field.clone(), Side::Left), (field, Side::Right)]);
            return Ok(Piece::Present(sides.collect()));
        }
        match self.piece(inner)? {
            Piece::Holds(condition) => {
                let mut read = Vec::new();
                self.all_fields(&condition, &mut read);
                if read.iter().all(|field| self.always_present(field)) {
                    Ok(Piece::Holds(Condition::Not(Box::new(condition))))
                } else {
                    Err(Refusal::from("NOT of a test of a field that may be missing")
                        .todo("put the field into the null level of the comparison, joined by OR, or remove the level"))
                }
            }
            other => Err(other.alone()),
        }
    }

    fn equality(&self, left: &Sql, right: &Sql) -> Read<Piece> {
        if let Some(value) = literal(right)? {
            return Ok(Piece::Literal(whole(operand(left, Naming::Suffix)?)?, value));
        }
        if let Some(test) = self.like_exported(left, right) {
            return Ok(Piece::Holds(test));
        }
        let (left, right) = in_order(operand(left, Naming::Suffix)?, operand(right, Naming::Suffix)?)?;
        if left.field != right.field {
            let (left, right) = (whole(left)?, whole(right)?);
            return Ok(Piece::Holds(self.test(left.field, Test::EqualsOther(right.field))));
        }
        if left.part != right.part {
            return Err("an equality of two different parts".into());
        }
        Ok(Piece::Holds(self.test(left.field, Test::Same(left.part))))
    }

    /// Day and month exchanged, which only our own export writes.
    fn like_exported(&self, left: &Sql, right: &Sql) -> Option<Condition> {
        let equality = Sql::Op("=", Box::new(left.clone()), Box::new(right.clone()));
        let field = field_of(equality.columns().first()?)?;
        let same = sql::parse(&export::day_month_swapped(&field)).ok()? == equality;
        same.then(|| self.test(field, Test::DayMonthSwapped))
    }

    /// `value op limit`
    fn limit(&self, sql: &Sql, value: &Sql, op: &str, limit: &Sql) -> Read<Condition> {
        let limit = number(limit).ok_or_else(|| Refusal::of(limit))?;
        if let Sql::Call(name, arguments) = value {
            return self.call_limit(name, arguments, op, limit, value);
        }
        let fields: Vec<String> = sql.columns().into_iter().filter_map(field_of).collect();
        let reads_as = |text: String| sql::parse(&text).is_ok_and(|template| template == *value);
        if let Some(field) = fields.first() {
            if reads_as(export::relative_difference(field)) && (op == "<=" || op == "<") {
                // "below" is "at most the next smaller number"; both are exact
                let share = if op == "<" { limit.next_down() } else { limit };
                within(share, 0.0..=1.0)?;
                return Ok(self.test(field.clone(), Test::WithinShare(share)));
            }
            if let Some(other) = fields.iter().find(|other| *other != field)
                && reads_as(export::kilometres(field, other))
                && op == "<="
            {
                within(limit, 0.0..=f64::MAX)?;
                return Ok(self.test(field.clone(), Test::WithinKm(other.clone(), limit)));
            }
        }
        Err(Refusal::of(value))
    }

    fn call_limit(&self, name: &str, arguments: &[Sql], op: &str, limit: f64, call: &Sql) -> Read<Condition> {
        let wrong_way = || Refusal::from(format!("{name}(…) {op} a number"));
        let allowed = |holds: bool| if holds { Ok(()) } else { Err(wrong_way()) };
        let measure = match name {
            "jaro_winkler_similarity" => Some(Measure::JaroWinkler),
            "jaro_similarity" => Some(Measure::Jaro),
            "jaccard" => Some(Measure::CharacterJaccard),
            _ => None,
        };
        let edit = match name {
            "levenshtein" => Some(Edit::Levenshtein),
            "damerau_levenshtein" => Some(Edit::DamerauLevenshtein),
            _ => None,
        };
        match (name, arguments) {
            (_, [left, right]) if measure.is_some() => {
                let measure = measure.expect("asked for by the guard");
                allowed(op == ">=")?;
                within(limit, 0.0..=1.0)?;
                let (field, part) = same_field(left, right)?;
                let test = match part {
                    Part::Whole => Test::AtLeast(measure, limit),
                    part => Test::PartAtLeast(part, measure, limit),
                };
                Ok(self.test(field, test))
            }
            (_, [left, right]) if edit.is_some() => {
                let edit = edit.expect("asked for by the guard");
                allowed(op == "<=")?;
                let (field, part) = same_field(left, right)?;
                if part != Part::Whole {
                    return Err(format!("{name}(…) of a part of a value").into());
                }
                Ok(self.test(field, Test::AtMost(edit, count(limit).ok_or_else(wrong_way)?)))
            }
            ("abs", [Sql::Op("-", left, right)]) => {
                allowed(op == "<=")?;
                if let (Some(left), Some(right)) = (epoch(left), epoch(right)) {
                    return self.days(left, right, limit);
                }
                let (field, part) = same_field(left, right)?;
                if part != Part::Whole {
                    return Err("the difference of parts of values".into());
                }
                within(limit, 0.0..=f64::MAX)?;
                Ok(self.test(field, Test::WithinNumber(limit)))
            }
            ("array_length" | "len", [Sql::Call(inner, lists)]) if inner == "list_intersect" => {
                allowed(op == ">=")?;
                let [left, right] = lists.as_slice() else { return Err(Refusal::of(call)) };
                let (field, _) = same_field(left, right)?;
                Ok(self.test(field, Test::InCommon(count(limit).ok_or_else(wrong_way)?)))
            }
            ("array_cosine_similarity", _) => Err(Refusal::of(call)
                .todo("Plait compares words, not vectors; remove the level, or compare the text that the vector is of")),
            ("list_max" | "list_min", _) => Err(Refusal::of(call).todo(
                "Plait compares lists by what they have in common (array_length(list_intersect(…)) >= 1); use that, or remove the level",
            )),
            _ => Err(Refusal::of(call)),
        }
    }

    /// Splink compares dates in seconds; Plait's dates are days, so that the seconds of whole days decide.
    fn days(&self, left: &Sql, right: &Sql, seconds: f64) -> Read<Condition> {
        const DAY: f64 = 86_400.0;
        let (field, part) = same_field(left, right)?;
        if part != Part::Whole {
            return Err("the time between parts of dates".into());
        }
        within(seconds, 0.0..=f64::MAX)?;
        if seconds < DAY && seconds != 0.0 {
            return Err(Refusal::from("a time difference of less than a day")
                .todo("Plait compares dates, not times of day; ask for a day or more, or remove the level"));
        }
        Ok(self.test(field, Test::WithinDays((seconds / DAY) as u32)))
    }

    /// `a_l = b_r AND a_r = b_l` is one test.
    fn join_swaps(&self, tests: &mut Vec<Condition>) {
        let crossed = |condition: &Condition| match condition {
            Condition::Test(field, Test::EqualsOther(other)) => {
                Some((field.clone().unwrap_or_else(|| self.null.fields[0].clone()), other.clone()))
            }
            _ => None,
        };
        let mut at = 0;
        while at < tests.len() {
            if let Some((field, other)) = crossed(&tests[at]) {
                let back = (other.clone(), field.clone());
                let partner =
                    (at + 1..tests.len()).find(|&later| crossed(&tests[later]).as_ref() == Some(&back));
                if let Some(partner) = partner {
                    tests.remove(partner);
                    tests[at] = self.test(field, Test::SwappedWith(other));
                }
            }
            at += 1;
        }
    }

    /// A test of a field, which the comparison's first field need not be named for.
    fn test(&self, field: String, test: Test) -> Condition {
        let first = self.null.fields.first() == Some(&field);
        Condition::Test((!first).then_some(field), test)
    }

    /// Fields that are present on both sides wherever the condition holds.
    fn certain(&self, condition: &Condition, into: &mut Vec<String>) {
        match condition {
            Condition::All(parts) => {
                for part in parts {
                    self.certain(part, into);
                }
            }
            // a test of two fields looks at one side of each
            Condition::Test(_, Test::EqualsOther(_) | Test::SharesOther(_) | Test::EitherRecorded)
            | Condition::Any(_)
            | Condition::Not(_)
            | Condition::Else => {}
            Condition::Test(..) => self.all_fields(condition, into),
        }
    }

    /// Every field that the condition reads.
    fn all_fields(&self, condition: &Condition, into: &mut Vec<String>) {
        match condition {
            Condition::Test(field, test) => {
                into.push(field.clone().unwrap_or_else(|| self.null.fields[0].clone()));
                into.extend(test.other_field().map(str::to_owned));
            }
            Condition::All(parts) | Condition::Any(parts) => {
                for part in parts {
                    self.all_fields(part, into);
                }
            }
            Condition::Not(inner) => self.all_fields(inner, into),
            Condition::Else => {}
        }
    }

    fn always_present(&self, field: &String) -> bool {
        let decides = self.null.missing == Missing::Any || self.null.fields.len() == 1;
        decides && self.null.fields.contains(field)
    }

    fn settled(&self, present: &[(String, Side)]) -> bool {
        present.iter().all(|(field, _)| self.always_present(field))
    }
}

/// Takes the literal of the other record out of those still open.
fn partner(open: &mut Vec<(Operand, String)>, operand: &Operand, value: &str) -> Option<(Operand, String)> {
    let found = open.iter().position(|(other, text)| {
        other.field == operand.field && other.side != operand.side && text == value
    })?;
    Some(open.remove(found))
}

/// The two operands, left record first.
fn in_order(one: Operand, other: Operand) -> Read<(Operand, Operand)> {
    match (one.side, other.side) {
        (Side::Left, Side::Right) => Ok((one, other)),
        (Side::Right, Side::Left) => Ok((other, one)),
        _ => Err("a comparison of two values of the same record".into()),
    }
}

/// The field and part that both values are of.
fn same_field(one: &Sql, other: &Sql) -> Read<(String, Part)> {
    let (left, right) = in_order(operand(one, Naming::Suffix)?, operand(other, Naming::Suffix)?)?;
    if (&left.field, left.part) != (&right.field, right.part) {
        return Err("a similarity of two different columns".into());
    }
    Ok((left.field, left.part))
}

fn whole(operand: Operand) -> Read<Operand> {
    if operand.part == Part::Whole {
        Ok(operand)
    } else {
        Err("a part of a value where all of it is expected".into())
    }
}

fn field_of(column: &Sql) -> Option<String> {
    operand(column, Naming::Suffix).ok().map(|operand| operand.field)
}

/// The value of one record that an expression stands for.
fn operand(sql: &Sql, naming: Naming) -> Read<Operand> {
    match sql {
        Sql::Column { table, name } => column(table.as_deref(), name, naming),
        // values are standardised anyway: no case, no space around them, dates read in whatever layout they have
        Sql::Cast(value, to) if to == "text" || to == "date" => operand(value, naming),
        Sql::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
            ("lower" | "upper" | "trim", [value]) | ("try_strptime" | "strptime", [value, Sql::Text(_)]) => {
                operand(value, naming)
            }
            ("nullif", [value, Sql::Text(empty)]) if empty.is_empty() => match extracted(sql) {
                Some((inner, pattern, group)) => part_of(inner, pattern_part(pattern, group)?, naming),
                None => operand(value, naming),
            },
            ("nullif", _) => Err(Refusal::of(sql).todo(
                "Plait knows placeholders by itself; remove NULLIF, or empty these values in the source",
            )),
            ("regexp_extract", _) => Err(Refusal::from("regexp_extract(…) without NULLIF(…, '')")
                .todo("write NULLIF(regexp_extract(…), '') as Splink's regex_extract does")),
            ("substring" | "substr", [value, start, length]) if number(start) == Some(1.0) => {
                part_of(value, Part::First(short(length).ok_or_else(|| Refusal::of(sql))?), naming)
            }
            ("substring" | "substr", _) => Err(Refusal::from("SUBSTRING(…) that does not begin at 1")),
            ("left", [value, length]) => {
                part_of(value, Part::First(short(length).ok_or_else(|| Refusal::of(sql))?), naming)
            }
            ("right", [value, length]) => {
                part_of(value, Part::Last(short(length).ok_or_else(|| Refusal::of(sql))?), naming)
            }
            ("year", [value]) => part_of(value, Part::Year, naming),
            ("strftime", [value, Sql::Text(format)]) => {
                let part = match format.as_str() {
                    "%Y-%m" => Part::YearMonth,
                    "%Y-%d" => Part::YearDay,
                    "%m-%d" => Part::MonthDay,
                    _ => return Err(format!("strftime(…, '{format}')").into()),
                };
                part_of(value, part, naming)
            }
            ("split_part", [value, Sql::Text(space), at]) if space == " " && number(at) == Some(1.0) => {
                part_of(value, Part::FirstWord, naming)
            }
            ("split_part", [value, Sql::Text(space), at]) if space == " " && number(at) == Some(-1.0) => {
                part_of(value, Part::LastWord, naming)
            }
            _ => Err(Refusal::of(sql)),
        },
        other => Err(Refusal::of(other)),
    }
}

fn part_of(value: &Sql, part: Part, naming: Naming) -> Read<Operand> {
    let whole = whole(operand(value, naming)?)?;
    Ok(Operand { part, ..whole })
}

fn column(table: Option<&str>, name: &str, naming: Naming) -> Read<Operand> {
    let (side, field) = match naming {
        Naming::Suffix => {
            let ends = |suffix: &str| {
                let at = name.len().checked_sub(2).filter(|&at| name.is_char_boundary(at))?;
                name[at..].eq_ignore_ascii_case(suffix).then(|| &name[..at])
            };
            match (table, ends("_l"), ends("_r")) {
                (None, Some(field), _) => (Side::Left, field),
                (None, _, Some(field)) => (Side::Right, field),
                _ => return Err(format!("the column {name}, which does not end in _l or _r").into()),
            }
        }
        Naming::Table => match table {
            Some("l" | "L") => (Side::Left, name),
            Some("r" | "R") => (Side::Right, name),
            _ => return Err(format!("the column {name} without l. or r. before it").into()),
        },
    };
    if field.is_empty() {
        return Err("a column without a name".into());
    }
    Ok(Operand { side, field: field.to_owned(), part: Part::Whole })
}

/// The value, pattern and group of `NULLIF(regexp_extract(value, 'pattern', group), '')`.
fn extracted(sql: &Sql) -> Option<(&Sql, &str, f64)> {
    let Sql::Call(outer, arguments) = sql else { return None };
    let [Sql::Call(inner, parts), Sql::Text(empty)] = arguments.as_slice() else { return None };
    let (value, pattern, group) = match parts.as_slice() {
        [value, Sql::Text(pattern)] => (value, pattern, 0.0),
        [value, Sql::Text(pattern), group] => (value, pattern, number(group)?),
        _ => return None,
    };
    (outer == "nullif" && inner == "regexp_extract" && empty.is_empty()).then_some((
        value,
        pattern.as_str(),
        group,
    ))
}

fn pattern_part(pattern: &str, group: f64) -> Read<Part> {
    match (pattern, group) {
        (POSTCODE_SECTOR, 0.0) => Ok(Part::Sector),
        (POSTCODE_DISTRICT, 0.0) => Ok(Part::District),
        (POSTCODE_AREA, 0.0) => Ok(Part::Area),
        (EMAIL_LOCAL, 0.0) => Ok(Part::LocalPart),
        (EMAIL_DOMAIN, 1.0) => Ok(Part::Domain),
        _ => Err(Refusal::from(format!("the pattern '{pattern}'")).todo(
            "Plait knows the patterns of Splink's postcode and e-mail comparisons; \
             put other parts into a column of their own and compare that",
        )),
    }
}

/// The date in `EPOCH(date)`.
fn epoch(sql: &Sql) -> Option<&Sql> {
    match sql {
        Sql::Call(name, arguments) if name == "epoch" => arguments.first().filter(|_| arguments.len() == 1),
        _ => None,
    }
}

/// A literal on the right of `=`, as Plait writes such a value.
fn literal(sql: &Sql) -> Read<Option<String>> {
    match sql {
        Sql::Text(text) => Ok(Some(text.clone())),
        Sql::Number(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Ok(Some(digits.clone())),
        Sql::Number(_) => Err("a fraction that is written in the condition".into()),
        Sql::Cast(value, to) if matches!(**value, Sql::Text(_) | Sql::Number(_)) => match to.as_str() {
            "text" | "date" | "int" => literal(value),
            _ => Err(Refusal::of(sql)),
        },
        _ => Ok(None),
    }
}

/// A number, with a sign or without.
fn number(sql: &Sql) -> Option<f64> {
    match sql {
        Sql::Number(digits) => digits.parse().ok(),
        Sql::Minus(inner) => number(inner).map(|number: f64| -number),
        _ => None,
    }
}

fn within(number: f64, range: std::ops::RangeInclusive<f64>) -> Read<()> {
    if range.contains(&number) { Ok(()) } else { Err(format!("the threshold {number}").into()) }
}

fn count(number: f64) -> Option<u32> {
    (number >= 0.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX)).then_some(number as u32)
}

fn short(sql: &Sql) -> Option<u8> {
    number(sql).and_then(count).and_then(|n| u8::try_from(n).ok()).filter(|&n| n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn null_of(fields: &[&str], missing: Missing) -> NullLevel {
        NullLevel { fields: fields.iter().map(|&field| field.into()).collect(), missing, note: None }
    }

    /// Reads a condition of a comparison of `a`.
    fn read(sql: &str) -> Read<Condition> {
        condition(sql, &null_of(&["a"], Missing::All))
    }

    fn check(sql: &str, test: Test) {
        assert_eq!(read(sql), Ok(Condition::test(test)), "{sql}");
    }

    fn check_other(sql: &str, field: &str, test: Test) {
        assert_eq!(read(sql), Ok(Condition::Test(Some(field.into()), test)), "{sql}");
    }

    fn refused(sql: &str) -> String {
        read(sql).unwrap_err().uses
    }

    #[test]
    fn agreement_on_values_and_their_parts() {
        check(r#""a_l" = "a_r""#, Test::Same(Part::Whole));
        check(r#"LOWER("a_l") = LOWER("a_r")"#, Test::Same(Part::Whole));
        check("TRIM(UPPER(a_l)) = TRIM(UPPER(a_r))", Test::Same(Part::Whole));
        check(r#"CAST("a_l" AS TEXT) = CAST("a_r" AS TEXT)"#, Test::Same(Part::Whole));
        check(r#"NULLIF("a_l", '') = NULLIF("a_r", '')"#, Test::Same(Part::Whole));
        check(r#"SUBSTRING("a_l", 1, 3) = SUBSTRING("a_r", 1, 3)"#, Test::Same(Part::First(3)));
        check(
            r#"try_strptime("a_l", '%Y-%m-%d') = try_strptime("a_r", '%Y-%m-%d')"#,
            Test::Same(Part::Whole),
        );
        check("year(a_l) = year(a_r)", Test::Same(Part::Year));
        check_other(r#""given name_r" = "given name_l""#, "given name", Test::Same(Part::Whole));
        for (pattern, group, part) in [
            (POSTCODE_SECTOR, 0, Part::Sector),
            (POSTCODE_DISTRICT, 0, Part::District),
            (POSTCODE_AREA, 0, Part::Area),
            (EMAIL_LOCAL, 0, Part::LocalPart),
            (EMAIL_DOMAIN, 1, Part::Domain),
        ] {
            let side = |side| format!("NULLIF(regexp_extract(\"a_{side}\", '{pattern}', {group}), '')");
            check(&format!("{} = {}", side('l'), side('r')), Test::Same(part));
        }
    }

    #[test]
    fn similarities_edits_and_differences() {
        check(r#"jaro_winkler_similarity("a_l", "a_r") >= 0.92"#, Test::AtLeast(Measure::JaroWinkler, 0.92));
        check(r#"jaro_similarity("a_l", "a_r") >= 1"#, Test::AtLeast(Measure::Jaro, 1.0));
        check(r#"jaccard("a_l", "a_r") >= .9"#, Test::AtLeast(Measure::CharacterJaccard, 0.9));
        check(r#"levenshtein("a_l", "a_r") <= 2"#, Test::AtMost(Edit::Levenshtein, 2));
        check(r#"damerau_levenshtein("a_l", "a_r") <= 1"#, Test::AtMost(Edit::DamerauLevenshtein, 1));
        check(r#"ABS("a_l" - "a_r") <= 2.5"#, Test::WithinNumber(2.5));
        check(r#"array_length(list_intersect("a_l", "a_r")) >= 2"#, Test::InCommon(2));
        let local = |side| format!("NULLIF(regexp_extract(\"a_{side}\", '{EMAIL_LOCAL}', 0), '')");
        check(
            &format!("jaro_winkler_similarity({}, {}) >= 0.88", local('l'), local('r')),
            Test::PartAtLeast(Part::LocalPart, Measure::JaroWinkler, 0.88),
        );
    }

    #[test]
    fn below_a_share_is_at_most_the_next_smaller_number() {
        let share = |op: &str| {
            format!(r#"(ABS("a_l" - "a_r") / (CASE WHEN "a_r" > "a_l" THEN "a_r" ELSE "a_l" END)) {op} 0.1"#)
        };
        check(&share("<"), Test::WithinShare(0.1_f64.next_down()));
        check(&share("<="), Test::WithinShare(0.1));
    }

    #[test]
    fn seconds_become_the_whole_days_that_decide_about_dates() {
        let within = |seconds: &str| format!(r#"ABS(EPOCH("a_l") - EPOCH("a_r")) <= {seconds}"#);
        check(&within("864000"), Test::WithinDays(10));
        check(&within("2629800.0"), Test::WithinDays(30));
        check(&within("31557600.0"), Test::WithinDays(365));
        check(&within("0"), Test::WithinDays(0));
        assert_eq!(refused(&within("3600")), "a time difference of less than a day");
    }

    #[test]
    fn columns_exchanged_in_one_direction_or_both() {
        check(r#""a_l" = "b_r""#, Test::EqualsOther("b".into()));
        check(r#""a_l" = "b_r" AND "a_r" = "b_l""#, Test::SwappedWith("b".into()));
        check_other(r#""b_l" = "a_r""#, "b", Test::EqualsOther("a".into()));
    }

    #[test]
    fn literals_are_tests_of_both_records() {
        check(r#""a_l" = 'O''Dunmore' AND "a_r" = 'O''Dunmore'"#, Test::BothAre("O'Dunmore".into()));
        check(r#""a_l" = CAST(1 AS INT) AND "a_r" = CAST(1 AS INT)"#, Test::BothAre("1".into()));
        check(
            r#""a_r" = CAST('1900-01-01' AS DATE) AND "a_l" = CAST('1900-01-01' AS DATE)"#,
            Test::BothAre("1900-01-01".into()),
        );
        assert_eq!(refused(r#""a_l" = 'x'"#), "a value that one record alone must have");
        assert_eq!(refused(r#""a_l" = 'x' AND "a_r" = 'y'"#), "a value that one record alone must have");
    }

    #[test]
    fn distance_on_the_globe_with_and_without_its_guard() {
        let km = |most: &str| format!("{} <= {most}", export::kilometres("a", "b"));
        check(&km("0.5"), Test::WithinKm("b".into(), 0.5));
        let guard =
            r#"("a_r" is not null AND "a_l" is not null AND "b_l" is not null AND "b_r" is not null)"#;
        check(&format!("{guard} AND {}", km("10")), Test::WithinKm("b".into(), 10.0));
    }

    #[test]
    fn and_or_and_not_of_present_values() {
        let a = || Condition::exact();
        let b = || Condition::Test(Some("b".into()), Test::Same(Part::Whole));
        assert_eq!(read("(a_l = a_r) AND (b_l = b_r)"), Ok(Condition::All(vec![a(), b()])));
        assert_eq!(read("(a_l = a_r) OR (b_l = b_r)"), Ok(Condition::Any(vec![a(), b()])));
        assert_eq!(read("NOT (a_l = a_r)"), Ok(Condition::Not(Box::new(a()))));
        assert_eq!(read("(b_l = b_r) AND NOT (a_l IS NULL OR a_r IS NULL)"), Ok(b()));
    }

    #[test]
    fn not_of_a_value_that_may_be_missing_is_refused_because_sql_means_another_thing() {
        assert_eq!(refused("NOT (b_l = b_r)"), "NOT of a test of a field that may be missing");
        let either = null_of(&["a", "b"], Missing::Any);
        assert!(condition("NOT (b_l = b_r)", &either).is_ok());
        assert!(condition("NOT (b_l = b_r)", &null_of(&["a", "b"], Missing::All)).is_err());
        assert_eq!(
            read("NOT COALESCE(b_l = b_r, FALSE)"),
            Ok(Condition::Not(Box::new(Condition::Test(Some("b".into()), Test::Same(Part::Whole)))))
        );
        assert_eq!(
            refused("(a_l = a_r) AND NOT (b_l IS NULL OR b_r IS NULL)"),
            "a test of presence that the null level does not settle"
        );
    }

    #[test]
    fn other_forms_are_named() {
        for (sql, uses) in [
            ("a_l || b_l = a_r || b_r", "the operator ||"),
            ("a_l = a_l", "a comparison of two values of the same record"),
            ("levenshtein(a_l, a_r) < 2", "levenshtein(…) < a number"),
            ("levenshtein(a_l, a_r) <= 1.5", "levenshtein(…) <= a number"),
            ("levenshtein(a_l, b_r) <= 1", "a similarity of two different columns"),
            ("jaro_similarity(a_l, a_r) >= 92", "the threshold 92"),
            ("hamming(a_l, a_r) <= 1", "hamming(…)"),
            ("substr(a_l, 2, 3) = substr(a_r, 2, 3)", "SUBSTRING(…) that does not begin at 1"),
            ("a_l[1] = a_r[1]", "one element of a list or a structure […]"),
            (
                "regexp_extract(a_l, 'x') = regexp_extract(a_r, 'x')",
                "regexp_extract(…) without NULLIF(…, '')",
            ),
            (
                "NULLIF(regexp_extract(a_l, 'x'), '') = NULLIF(regexp_extract(a_r, 'x'), '')",
                "the pattern 'x'",
            ),
            ("a_l IS NULL", "IS NULL"),
            ("surname = a_r", "the column surname, which does not end in _l or _r"),
            ("a_l in ('x')", "IN"),
            ("list_max(list_transform(a_l, x -> jaro_similarity(x[1], x[2]))) >= 0.9", "list_max(…)"),
        ] {
            assert_eq!(refused(sql), uses, "{sql}");
        }
    }

    #[test]
    fn null_levels_of_one_field_all_fields_and_any_field() {
        let check = |sql: &str, fields: &[&str], missing| {
            assert_eq!(null_level(sql), Ok(null_of(fields, missing)), "{sql}");
        };
        check(r#""a_l" IS NULL OR "a_r" IS NULL"#, &["a"], Missing::All);
        check(
            "try_strptime(a_l, '%Y-%m-%d') IS NULL OR try_strptime(a_r, '%Y-%m-%d') IS NULL",
            &["a"],
            Missing::All,
        );
        check("(a_l IS NULL OR a_r IS NULL) AND (b_l IS NULL OR b_r IS NULL)", &["a", "b"], Missing::All);
        check("(a_l IS NULL OR a_r IS NULL) OR (b_l IS NULL OR b_r IS NULL)", &["a", "b"], Missing::Any);
        for wrong in ["a_l IS NULL", "a_l IS NULL AND a_r IS NULL", "a_l = ''", "a_l IS NULL OR b_r IS NULL"]
        {
            assert!(null_level(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn splinks_rule_for_valid_postcodes_is_replaced_by_ours_with_a_note() {
        let side = |side| format!("NULLIF(regexp_extract(\"a_{side}\", '{POSTCODE_VALID}', 0), '') IS NULL");
        let null = null_level(&format!("{} OR {}", side('l'), side('r'))).unwrap();
        assert_eq!(null.fields, ["a"]);
        assert!(null.note.unwrap().contains("form of a postcode"));
        let other = side('l').replace("{2}$", "{3}$");
        assert!(null_level(&other).is_err());
    }

    #[test]
    fn blocking_rules_are_equalities_and_their_alternatives() {
        let key = |field: &str| BlockingKey::same(field, Part::Whole);
        let rule = |keys: Vec<BlockingKey>| BlockingRule { keys };
        assert_eq!(blocking(r#"l."a" = r."a""#), Ok(vec![rule(vec![key("a")])]));
        assert_eq!(
            blocking("(l.a = r.a) AND (r.b = l.b OR l.c = r.c)"),
            Ok(vec![rule(vec![key("a"), key("b")]), rule(vec![key("a"), key("c")])])
        );
        let crossed = BlockingKey { left: ("a".into(), Part::First(1)), right: ("b".into(), Part::First(1)) };
        assert_eq!(
            blocking("left(r.b, 1) = left(l.a, 1) and l.a is not null"),
            Ok(vec![rule(vec![crossed])])
        );
        for (sql, uses) in [
            ("l.a = r.a AND NOT (l.b = r.b)", "NOT"),
            ("l.a = r.a AND levenshtein(l.b, r.b) <= 2", "the operator <="),
            ("1 = 1", "a value that is written in the condition"),
            ("a = r.a", "the column a without l. or r. before it"),
            ("soundex(l.a) = soundex(r.a)", "soundex(…)"),
        ] {
            assert_eq!(blocking(sql).unwrap_err().uses, uses, "{sql}");
        }
    }
}
