import Quantities

/// An element of HTML or SVG; text and attribute values are escaped when it is rendered.
struct Markup {
    let name: String
    var attributes: [(name: String, value: String)]
    var children: [Node]

    enum Node {
        case element(Markup)
        case text(String)
        /// Text that is markup already: style sheets only.
        case raw(String)
    }

    init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [Markup] = []) {
        self.name = name
        self.attributes = attributes.map { ($0.key, $0.value) }
        self.children = children.map(Node.element)
    }

    init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String) {
        self.name = name
        self.attributes = attributes.map { ($0.key, $0.value) }
        self.children = [.text(text)]
    }

    mutating func append(_ child: Markup) { children.append(.element(child)) }
    mutating func append(text: String) { children.append(.text(text)) }

    /// The element as text, without white space between children.
    var rendered: String {
        var output = ""
        render(into: &output)
        return output
    }

    private func render(into output: inout String) {
        output += "<\(name)"
        for attribute in attributes { output += " \(attribute.name)=\"\(Self.escape(attribute.value))\"" }
        if children.isEmpty, !Self.needsEndTag.contains(name) {
            output += "/>"
            return
        }
        output += ">"
        for child in children {
            switch child {
            case .element(let element): element.render(into: &output)
            case .text(let text): output += Self.escape(text)
            case .raw(let markup): output += markup
            }
        }
        output += "</\(name)>"
    }

    /// HTML elements that browsers misread in the self-closing form.
    private static let needsEndTag: Set<String> = [
        "a", "body", "caption", "code", "div", "em", "figcaption", "figure", "footer", "h1", "h2", "h3", "header", "html", "main", "p", "pre",
        "section", "span", "strong", "style", "table", "tbody", "td", "th", "thead", "title", "tr", "ul", "li", "details", "summary", "svg", "g",
    ]

    static func escape(_ text: String) -> String {
        var output = ""
        output.reserveCapacity(text.utf8.count)
        for character in text {
            switch character {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            default: output.append(character)
            }
        }
        return output
    }
}

/// A coordinate with two decimals: enough for a screen, and the same bytes everywhere.
func coordinate(_ value: Double) -> String {
    let text = FixedPoint.format(value, fractionDigits: 2)
    return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
}
