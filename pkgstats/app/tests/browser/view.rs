//! Ways to look at a page.

use serde_json::{Value, json};

/// A size of the window, and a colour scheme.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// In CSS pixels.
    pub(crate) width: u32,
    height: u32,
    zoom: u32,
    pub(crate) scheme: &'static str,
}

pub(crate) const LIGHT: View = View { width: 1200, height: 800, zoom: 1, scheme: "light" };
pub(crate) const DARK: View = View { scheme: "dark", ..LIGHT };
/// The narrowest phone, in dark. A width of 1,280 px at a zoom of 400 % is the same.
pub(crate) const NARROW: View = View { width: 320, height: 640, ..DARK };
/// A window of 1,200 px at a zoom of 200 %.
pub(crate) const ZOOMED: View = View { width: 600, height: 400, zoom: 2, ..LIGHT };

impl View {
    pub(crate) fn sized(self, width: u32, height: u32) -> Self {
        Self { width, height, ..self }
    }

    /// Returns the commands of the DevTools protocol that emulate it.
    pub(crate) fn commands(self) -> [(&'static str, Value); 2] {
        let Self { width, height, zoom, scheme } = self;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": zoom, "mobile": false });
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        [("Emulation.setDeviceMetricsOverride", metrics), ("Emulation.setEmulatedMedia", features)]
    }
}
