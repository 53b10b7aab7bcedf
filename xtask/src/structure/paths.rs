//! The paths in Rust code that may lead to another module.
//!
//! A call of a method has no path, so a file that uses another one only by a method of its types is not found.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ImplItem, ImplItemFn, Item, ItemMod, Lit, LitStr, Macro, Meta, Path, UseTree, Visibility};

/// The segments of a path, such as `["crate", "error", "Error"]`.
pub(super) type Segments = Vec<String>;

/// Returns the paths in these items, except in their modules and in test code.
pub(super) fn in_items(items: &[Item]) -> Vec<Segments> {
    let mut collector = Collector::default();
    items.iter().for_each(|item| collector.visit_item(item));
    // A single segment is a local name, or the `crate` in `pub(crate)`.
    collector.paths.retain(|path| path.len() > 1);
    collector.paths
}

/// Returns whether an item is compiled only for tests.
pub(super) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        let condition = list.tokens.to_string().replace(' ', "");
        list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all(test,"))
    })
}

/// Returns the file in the attribute `#[path = "…"]`.
pub(super) fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else { return None };
        match &pair.value {
            Expr::Lit(value) if pair.path.is_ident("path") => match &value.lit {
                Lit::Str(file) => Some(file.value()),
                _ => None,
            },
            _ => None,
        }
    })
}

#[derive(Default)]
struct Collector {
    paths: Vec<Segments>,
}

impl Visit<'_> for Collector {
    fn visit_item(&mut self, item: &Item) {
        match item {
            Item::Fn(item) if is_test_only(&item.attrs) => {}
            Item::Impl(item) if is_test_only(&item.attrs) => {}
            Item::Use(item) if is_test_only(&item.attrs) => {}
            Item::Use(item) => self.add_use(&item.tree, Vec::new()),
            item => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item(&mut self, item: &ImplItem) {
        match item {
            ImplItem::Fn(ImplItemFn { attrs, .. }) if is_test_only(attrs) => {}
            item => visit::visit_impl_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }

    // Every module is visited by itself.
    fn visit_item_mod(&mut self, _: &ItemMod) {}

    // `pub(in crate::a)` imports nothing.
    fn visit_visibility(&mut self, _: &Visibility) {}

    fn visit_attribute(&mut self, attribute: &Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
            self.add_strings(list.tokens.clone());
        }
    }
}

impl Collector {
    fn add_use(&mut self, tree: &UseTree, mut prefix: Segments) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.add_use(&path.tree, prefix);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(tree, prefix.clone())),
            UseTree::Name(name) => self.add_leaf(name.ident.to_string(), prefix),
            UseTree::Rename(rename) => self.add_leaf(rename.ident.to_string(), prefix),
            UseTree::Glob(_) => self.add_leaf("*".to_owned(), prefix),
        }
    }

    fn add_leaf(&mut self, name: String, mut path: Segments) {
        // `use crate::a::{self}` is `use crate::a`.
        if name != "self" {
            path.push(name);
        }
        self.paths.push(path);
    }

    /// Adds the paths in the tokens of a macro, which syn does not parse.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons) = (Segments::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.paths.push(std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Group(group) => {
                    let prefix = std::mem::take(&mut path);
                    let is_use = colons == 2 && group.delimiter() == Delimiter::Brace;
                    colons = 0;
                    let stream = group.stream();
                    match is_use.then(|| syn::parse2(TokenTree::Group(group).into())) {
                        Some(Ok(tree)) => self.add_use(&tree, prefix),
                        _ => {
                            self.paths.push(prefix);
                            self.add_tokens(stream);
                        }
                    }
                }
                _ => {
                    self.paths.push(std::mem::take(&mut path));
                    colons = 0;
                }
            }
        }
        self.paths.push(path);
    }

    /// Adds the paths in strings, such as `#[serde(with = "crate::a")]`.
    fn add_strings(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.add_strings(group.stream()),
                TokenTree::Literal(literal) => {
                    let text = syn::parse2::<LitStr>(TokenTree::Literal(literal).into());
                    let is_path = |text: &LitStr| {
                        ["crate::", "self::", "super::"].iter().any(|start| text.value().starts_with(start))
                    };
                    if let Some(path) = text.ok().filter(is_path).and_then(|text| text.parse().ok()) {
                        self.visit_path(&path);
                    }
                }
                _ => {}
            }
        }
    }
}
