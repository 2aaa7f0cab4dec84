//! The part of `DuckDB`'s SQL expressions that Splink's own library writes, read into a tree.
//!
//! The tree forgets what does not matter for equality of two expressions: white space, the case of keywords,
//! functions and types, quotes around columns, and parentheses that change nothing.

/// An SQL expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sql {
    /// `"surname_l"`, `l."surname"`
    Column { table: Option<String>, name: String },
    /// A number as it is written, without sign.
    Number(String),
    /// A quoted text.
    Text(String),
    /// Function name in lower case, arguments.
    Call(String, Vec<Sql>),
    /// `CAST`, `TRY_CAST` and `::`, with the type in lower case and one name per type.
    Cast(Box<Sql>, String),
    /// An operator between two operands: arithmetic, `||`, comparison.
    Op(&'static str, Box<Sql>, Box<Sql>),
    /// Unary minus.
    Minus(Box<Sql>),
    /// Operands of `AND`, two or more.
    All(Vec<Sql>),
    /// Operands of `OR`, two or more.
    Any(Vec<Sql>),
    /// `NOT`
    Not(Box<Sql>),
    /// `IS NULL`
    Missing(Box<Sql>),
    /// `IS NOT NULL`
    Present(Box<Sql>),
    /// `CASE WHEN a THEN b … ELSE c END`
    Case(Vec<(Sql, Sql)>, Option<Box<Sql>>),
    /// `x[1]`
    Item(Box<Sql>, Box<Sql>),
    /// `[x, y]`
    List(Vec<Sql>),
    /// `x -> y`
    Lambda(Box<Sql>, Box<Sql>),
}

impl Sql {
    /// What the expression is made of at its top, for messages.
    pub(super) fn construct(&self) -> String {
        match self {
            Self::Column { name, .. } => format!("the column {name} by itself"),
            Self::Number(_) | Self::Text(_) | Self::Minus(_) => {
                "a value that is written in the condition".into()
            }
            Self::Call(name, _) => format!("{name}(…)"),
            Self::Cast(_, to) => format!("CAST(… AS {})", to.to_uppercase()),
            Self::Op(op, ..) => format!("the operator {op}"),
            Self::All(_) => "AND".into(),
            Self::Any(_) => "OR".into(),
            Self::Not(_) => "NOT".into(),
            Self::Missing(_) => "IS NULL".into(),
            Self::Present(_) => "IS NOT NULL".into(),
            Self::Case(..) => "CASE".into(),
            Self::Item(..) => "one element of a list or a structure […]".into(),
            Self::List(_) => "a list […]".into(),
            Self::Lambda(..) => "a function of its own ->".into(),
        }
    }

    /// Every column, in the order of the text, with repetition.
    pub(super) fn columns(&self) -> Vec<&Sql> {
        let mut found = Vec::new();
        self.visit(&mut |sql| {
            if matches!(sql, Self::Column { .. }) {
                found.push(sql);
            }
        });
        found
    }

    fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Sql)) {
        see(self);
        match self {
            Self::Column { .. } | Self::Number(_) | Self::Text(_) => {}
            Self::Call(_, parts) | Self::All(parts) | Self::Any(parts) | Self::List(parts) => {
                for part in parts {
                    part.visit(see);
                }
            }
            Self::Cast(part, _)
            | Self::Minus(part)
            | Self::Not(part)
            | Self::Missing(part)
            | Self::Present(part) => {
                part.visit(see);
            }
            Self::Op(_, left, right) | Self::Item(left, right) | Self::Lambda(left, right) => {
                left.visit(see);
                right.visit(see);
            }
            Self::Case(branches, otherwise) => {
                for (when, then) in branches {
                    when.visit(see);
                    then.visit(see);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.visit(see);
                }
            }
        }
    }
}

/// Splink's longest condition, the distance on the globe, has about 150 tokens.
const MOST_TOKENS: usize = 4_000;
/// Keeps hostile nesting from exhausting the stack; Splink's deepest has about a dozen.
const DEEPEST: u32 = 100;

/// Reads an expression. The error names what could not be read: `IN`, `the character ;`.
pub(super) fn parse(text: &str) -> Result<Sql, String> {
    let tokens = tokens(text)?;
    if tokens.len() > MOST_TOKENS {
        return Err("a condition of more than 4,000 words".into());
    }
    let mut parser = Parser { tokens, next: 0, depth: 0 };
    let sql = parser.expression()?;
    match parser.tokens.get(parser.next) {
        None => Ok(sql),
        Some(token) => Err(token.shown()),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Text(String),
    Number(String),
    Symbol(&'static str),
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Word(word) => word.to_uppercase(),
            Self::Quoted(name) => format!("the name \"{name}\" where an operator was expected"),
            Self::Text(_) => "a text where an operator was expected".into(),
            Self::Number(_) => "a number where an operator was expected".into(),
            Self::Symbol(symbol) => format!("the sign {symbol}"),
        }
    }
}

/// Longest first, because the first that fits is taken.
const SYMBOLS: [&str; 21] = [
    "<=", ">=", "<>", "!=", "||", "->", "::", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", ".",
    "[", "]",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first == '"' || first == '\'' {
            quoted(rest, first)?
        } else if first.is_ascii_digit()
            || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            let length = number_length(rest);
            (Token::Number(rest[..length].to_owned()), length)
        } else if first.is_alphabetic() || first == '_' {
            let length =
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
            (Token::Word(rest[..length].to_owned()), length)
        } else if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            (Token::Symbol(symbol), symbol.len())
        } else {
            return Err(format!("the character {first}"));
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// A quoted name or text, in which the quote itself is doubled.
fn quoted(rest: &str, quote: char) -> Result<(Token, usize), String> {
    let mut content = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            content.push(c);
        } else if chars.next_if(|(_, next)| *next == quote).is_some() {
            content.push(quote);
        } else {
            let token = if quote == '"' { Token::Quoted(content) } else { Token::Text(content) };
            return Ok((token, at + 1));
        }
    }
    Err(format!("a quote {quote} that is not closed"))
}

fn number_length(rest: &str) -> usize {
    let digits =
        |from: usize| from + rest[from..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - from);
    let mut end = digits(0);
    if rest[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: u32,
}

type Read = Result<Sql, String>;

impl Parser {
    fn expression(&mut self) -> Read {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("too many parentheses inside each other".into());
        }
        let left = self.series("or", Self::conjunction, Sql::Any)?;
        let read =
            if self.symbol("->") { Sql::Lambda(Box::new(left), Box::new(self.expression()?)) } else { left };
        self.depth -= 1;
        Ok(read)
    }

    fn conjunction(&mut self) -> Read {
        self.series("and", Self::negation, Sql::All)
    }

    fn series(&mut self, word: &str, part: fn(&mut Self) -> Read, join: fn(Vec<Sql>) -> Sql) -> Read {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.word(word) {
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
    }

    fn negation(&mut self) -> Read {
        if self.word("not") {
            Ok(Sql::Not(Box::new(self.nested(Self::negation)?)))
        } else {
            self.comparison()
        }
    }

    fn comparison(&mut self) -> Read {
        let left = self.sum()?;
        if self.word("is") {
            let absent = !self.word("not");
            self.expect_word("null")?;
            return Ok(if absent { Sql::Missing(Box::new(left)) } else { Sql::Present(Box::new(left)) });
        }
        match self.any_symbol(&["=", "<=", ">=", "<>", "!=", "<", ">"]) {
            None => Ok(left),
            Some(op) => Ok(Sql::Op(op, Box::new(left), Box::new(self.sum()?))),
        }
    }

    fn sum(&mut self) -> Read {
        self.operators(&["+", "-", "||"], Self::product)
    }

    fn product(&mut self) -> Read {
        self.operators(&["*", "/", "%"], Self::unary)
    }

    fn operators(&mut self, symbols: &[&'static str], part: fn(&mut Self) -> Read) -> Read {
        let mut left = part(self)?;
        while let Some(op) = self.any_symbol(symbols) {
            left = Sql::Op(op, Box::new(left), Box::new(part(self)?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Read {
        if self.symbol("-") {
            return Ok(Sql::Minus(Box::new(self.nested(Self::unary)?)));
        }
        let mut read = self.primary()?;
        loop {
            if self.symbol("[") {
                let index = self.expression()?;
                self.expect("]")?;
                read = Sql::Item(Box::new(read), Box::new(index));
            } else if self.symbol("::") {
                read = Sql::Cast(Box::new(read), self.type_name()?);
            } else {
                return Ok(read);
            }
        }
    }

    fn primary(&mut self) -> Read {
        let token = self.tokens.get(self.next).cloned().ok_or("an expression that ends too early")?;
        self.next += 1;
        match token {
            Token::Number(number) => Ok(Sql::Number(number)),
            Token::Text(text) => Ok(Sql::Text(text)),
            Token::Quoted(name) => self.column(name),
            Token::Symbol("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Symbol("[") => Ok(Sql::List(self.arguments("]")?)),
            Token::Symbol(symbol) => Err(format!("the sign {symbol} where a value was expected")),
            Token::Word(word) if word.eq_ignore_ascii_case("case") => self.case(),
            Token::Word(word) if self.symbol("(") => {
                let name = word.to_lowercase();
                if name == "cast" || name == "try_cast" {
                    return self.cast();
                }
                Ok(Sql::Call(name, self.arguments(")")?))
            }
            Token::Word(word) => self.column(word),
        }
    }

    fn column(&mut self, name: String) -> Read {
        if !self.symbol(".") {
            return Ok(Sql::Column { table: None, name });
        }
        match self.tokens.get(self.next).cloned() {
            Some(Token::Word(column) | Token::Quoted(column)) => {
                self.next += 1;
                Ok(Sql::Column { table: Some(name), name: column })
            }
            _ => Err("the sign . without a column".into()),
        }
    }

    fn case(&mut self) -> Read {
        let mut branches = Vec::new();
        while self.word("when") {
            let when = self.expression()?;
            self.expect_word("then")?;
            branches.push((when, self.expression()?));
        }
        let otherwise = if self.word("else") { Some(Box::new(self.expression()?)) } else { None };
        self.expect_word("end")?;
        Ok(Sql::Case(branches, otherwise))
    }

    fn cast(&mut self) -> Read {
        let value = self.expression()?;
        self.expect_word("as")?;
        let to = self.type_name()?;
        self.expect(")")?;
        Ok(Sql::Cast(Box::new(value), to))
    }

    fn type_name(&mut self) -> Result<String, String> {
        let Some(Token::Word(word)) = self.tokens.get(self.next).cloned() else {
            return Err("a cast without a type".into());
        };
        self.next += 1;
        Ok(match word.to_lowercase().as_str() {
            "text" | "varchar" | "string" => "text".into(),
            "float" | "real" | "float4" => "float".into(),
            "int" | "integer" | "int4" => "int".into(),
            other => other.into(),
        })
    }

    fn arguments(&mut self, close: &'static str) -> Result<Vec<Sql>, String> {
        let mut arguments = Vec::new();
        if self.symbol(close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if !self.symbol(",") {
                self.expect(close)?;
                return Ok(arguments);
            }
        }
    }

    fn nested(&mut self, part: fn(&mut Self) -> Read) -> Read {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("too many signs before one value".into());
        }
        let read = part(self);
        self.depth -= 1;
        read
    }

    fn word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.next), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.next += usize::from(found);
        found
    }

    fn symbol(&mut self, wanted: &'static str) -> bool {
        self.any_symbol(&[wanted]).is_some()
    }

    fn any_symbol(&mut self, wanted: &[&'static str]) -> Option<&'static str> {
        let Some(Token::Symbol(symbol)) = self.tokens.get(self.next) else { return None };
        let found = wanted.iter().copied().find(|wanted| wanted == symbol);
        self.next += usize::from(found.is_some());
        found
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), String> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.unexpected(symbol)) }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), String> {
        if self.word(word) { Ok(()) } else { Err(self.unexpected(&word.to_uppercase())) }
    }

    fn unexpected(&self, wanted: &str) -> String {
        match self.tokens.get(self.next) {
            None => format!("an expression that ends before {wanted}"),
            Some(Token::Word(word)) => word.to_uppercase(),
            Some(token) => format!("{} where {wanted} was expected", token.shown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Sql {
        Sql::Column { table: None, name: name.into() }
    }

    #[test]
    fn white_space_case_quotes_and_idle_parentheses_do_not_matter() {
        let plain = parse("abs(a_l - a_r) <= 2 and cast(b_l as varchar) = 'x'").unwrap();
        let dressed = parse("(( ABS(\"a_l\"-\"a_r\")\n<=2 )) AND (\"b_l\"::TEXT = 'x')").unwrap();
        assert_eq!(plain, dressed);
    }

    #[test]
    fn and_binds_tighter_than_or_and_not_tighter_than_and() {
        let read = parse("a or not b and c").unwrap();
        let negated = Sql::Not(Box::new(column("b")));
        assert_eq!(read, Sql::Any(vec![column("a"), Sql::All(vec![negated, column("c")])]));
    }

    #[test]
    fn doubled_quotes_stand_for_one() {
        assert_eq!(parse("'O''Dunmore'").unwrap(), Sql::Text("O'Dunmore".into()));
        assert_eq!(parse("\"a \"\"b\"\"_l\"").unwrap(), column("a \"b\"_l"));
    }

    #[test]
    fn a_table_may_stand_before_a_column() {
        assert_eq!(
            parse("l.\"given name\"").unwrap(),
            Sql::Column { table: Some("l".into()), name: "given name".into() }
        );
    }

    #[test]
    fn numbers_keep_their_spelling() {
        for number in ["1", "0.88", ".5", "2629800.0", "3.15576e+17", "1e-3"] {
            assert_eq!(parse(number).unwrap(), Sql::Number(number.into()));
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(parse("a_l in ('x')").unwrap_err(), "IN");
        assert_eq!(parse("a_l = 'x").unwrap_err(), "a quote ' that is not closed");
        assert_eq!(parse("a_l = b_r; drop").unwrap_err(), "the character ;");
        assert_eq!(parse("a_l =").unwrap_err(), "an expression that ends too early");
        assert_eq!(parse("").unwrap_err(), "an expression that ends too early");
    }

    #[test]
    fn hostile_nesting_is_refused_before_the_stack_ends() {
        assert!(parse(&"(".repeat(3_000)).is_err());
        assert!(parse(&"-".repeat(3_000)).is_err());
        assert!(parse(&format!("a{}", " or not a".repeat(100_000))).is_err());
    }
}
