/// A self-contained HTML page: its style sheet inside, no script, no network.
struct Page {
    var title: String
    /// One sentence below the title.
    var lead: String
    var body: [Markup] = []

    mutating func section(_ heading: String, _ content: [Markup]) {
        body.append(Markup("section", [:], [Markup("h2", text: heading)] + content))
    }

    var rendered: String {
        var style = Markup("style")
        style.children = [.raw(Self.styleSheet)]
        let head = Markup(
            "head", [:],
            [
                Markup("meta", ["charset": "utf-8"]),
                Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                Markup("title", text: title), style,
            ])
        let header = Markup("header", [:], [Markup("h1", text: title), Markup("p", ["class": "lead"], text: lead)])
        let main = Markup("body", [:], [header, Markup("main", [:], body)])
        return "<!DOCTYPE html>\n" + Markup("html", ["lang": "en"], [head, main]).rendered + "\n"
    }

    private static let styleSheet = """
        :root{--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--paper:#fff;--panel:#f6f8fa;--accent:#0072B2;--good:#116329;--bad:#a40e26}
        @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--panel:#151b23;--accent:#56B4E9;--good:#3fb950;--bad:#ff7b72}}
        *{box-sizing:border-box}body{margin:0 auto;max-width:1080px;padding:24px 28px 60px;background:var(--paper);color:var(--ink);
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        h1{font-size:1.7rem;margin:.2em 0;line-height:1.2}h2{font-size:1.2rem;margin:2.2em 0 .5em;padding-bottom:.25em;border-bottom:1px solid var(--line)}
        h3{font-size:1rem;margin:1.5em 0 .4em}.lead{color:var(--soft);margin:.2em 0 1em;font-size:1.02rem}p{max-width:76ch}.note{color:var(--soft);font-size:.88rem}
        table{border-collapse:collapse;margin:.6em 0 1em;font-size:.88rem;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto;width:max-content;max-width:max(100%,min(50vw + 468px,100vw - 72px))}
        th,td{padding:4px 12px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}th{font-weight:600;color:var(--soft);white-space:nowrap;vertical-align:bottom}
        td.number,th.number{text-align:right}td.number{white-space:nowrap}th.number{white-space:normal}td:first-child{min-width:7.5em}td:not(.number):nth-child(2),td:not(.number):nth-child(3){min-width:9em}tr:hover td{background:var(--panel)}.good{color:var(--good)}.bad{color:var(--bad)}
        code,pre{font:.86rem/1.45 ui-monospace,"DejaVu Sans Mono",monospace}pre{background:var(--panel);padding:10px 14px;border-radius:6px;overflow-x:auto}
        figure{margin:1em 0 1.4em}figcaption{color:var(--soft);font-size:.88rem;max-width:76ch}
        .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:8px 28px}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px;margin:1em 0}.card{background:var(--panel);border-radius:8px;padding:12px 16px}
        .card strong{display:block;font-size:1.35rem;line-height:1.25}.card span{color:var(--soft);font-size:.85rem}
        svg.chart{width:100%;height:auto;display:block}svg text{font-size:12px;fill:var(--ink)}svg .axis text{fill:var(--soft)}svg .axis-title{font-size:12px}
        svg .grid{stroke:var(--line);stroke-width:1}svg .frame{stroke:var(--soft);stroke-width:1}svg .roof{stroke:var(--ink);stroke-width:1.6}
        svg .roof-label{font-size:11px;fill:var(--soft)}svg .bubble{fill-opacity:.62;stroke:var(--paper);stroke-width:.6}
        svg .diagonal{stroke:var(--ink);stroke-width:1.2}svg .band{stroke:var(--soft);stroke-dasharray:4 4}svg .whisker{stroke:var(--ink);stroke-width:1.3}
        svg .value{font-weight:600}
        """
}

extension Markup {
    /// A picture with its caption.
    static func figure(_ picture: Markup, caption: String) -> Markup {
        Markup("figure", [:], [picture, Markup("figcaption", text: caption)])
    }

    static func paragraph(_ text: String, class name: String? = nil) -> Markup {
        if let name { return Markup("p", ["class": name], text: text) }
        return Markup("p", text: text)
    }

    /// A table whose columns after the first `textColumns` hold numbers, right-aligned and unbroken; those of `words` hold words that may wrap.
    static func table(header: [String], rows: [[String]], textColumns: Int = 1, words: Set<Int> = []) -> Markup {
        func cell(_ name: String, _ index: Int, _ text: String) -> Markup {
            index < textColumns || words.contains(index) ? Markup(name, text: text) : Markup(name, ["class": "number"], text: text)
        }
        let head = Markup("thead", [:], [Markup("tr", [:], header.enumerated().map { cell("th", $0, $1) })])
        let body = Markup("tbody", [:], rows.map { row in Markup("tr", [:], row.enumerated().map { cell("td", $0, $1) }) })
        return Markup("div", ["class": "scroll"], [Markup("table", [:], [head, body])])
    }
}
