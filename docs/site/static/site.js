// Copyright (c) 2026, the abra.flexi contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Gives each cell of a table the heading of its column, for site.css. Tables of options have a layout of their own.
document.addEventListener("DOMContentLoaded", () => {
    for (const table of document.querySelectorAll(".rst-content table.docutils:not([class*='ansible-option'])")) {
        const headings = [...table.querySelectorAll("thead th")].map((heading) => heading.textContent.trim());
        if (headings.length === 0) {
            continue;
        }
        table.classList.add("has-labels");
        for (const row of table.tBodies[0].rows) {
            [...row.cells].forEach((cell, number) => cell.setAttribute("data-label", headings[number] ?? ""));
        }
    }
});
