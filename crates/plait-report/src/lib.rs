//! Results to one self-contained page: HTML, SVG charts and their table twins
