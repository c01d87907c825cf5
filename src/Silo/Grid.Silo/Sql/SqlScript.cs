using System.Text;

namespace Grid.Silo.Sql;

/// <summary>Cuts text into statements at semicolons, but for those in quotes and comments. Lines come one by one, statements as soon as they are whole.</summary>
internal sealed class SqlScript
{
    private readonly StringBuilder _text = new();
    private int _checked;
    private Inside _inside;

    private enum Inside
    {
        Statement,
        Text,
        Name,
        LineComment,
        Comment,
    }

    /// <summary>Whether a statement was begun and not ended.</summary>
    public bool IsOpen => _inside is not (Inside.Statement or Inside.LineComment) || !IsBlank(_text.ToString());

    /// <summary>Adds a line and gives the statements that it ends.</summary>
    public List<string> Add(string line)
    {
        _text.Append(line).Append('\n');
        var ended = new List<string>();
        while (TryEnd(out var statement))
            if (!IsBlank(statement))
                ended.Add(statement);
        return ended;
    }

    /// <summary>What is left without a semicolon behind it; null: nothing.</summary>
    public string? Rest()
    {
        var rest = _text.ToString();
        Clear();
        return IsBlank(rest) ? null : rest.Trim();
    }

    /// <summary>Forgets what was begun.</summary>
    public void Clear()
    {
        _text.Clear();
        (_checked, _inside) = (0, Inside.Statement);
    }

    private bool TryEnd(out string statement)
    {
        for (; _checked < _text.Length; _checked++)
        {
            var c = _text[_checked];
            var next = _checked + 1 < _text.Length ? _text[_checked + 1] : '\0';
            switch (_inside)
            {
                case Inside.Statement when c == ';':
                    statement = _text.ToString(0, _checked).Trim();
                    _text.Remove(0, _checked + 1);
                    _checked = 0;
                    return true;
                case Inside.Statement:
                    _inside = (c, next) switch { ('\'', _) => Inside.Text, ('"', _) => Inside.Name, ('-', '-') => Inside.LineComment, ('/', '*') => Inside.Comment, _ => Inside.Statement };
                    break;
                case Inside.Text when c == '\'':
                case Inside.Name when c == '"':
                case Inside.LineComment when c == '\n':
                    _inside = Inside.Statement;
                    break;
                case Inside.Comment when c == '*' && next == '/':
                    _checked++;
                    _inside = Inside.Statement;
                    break;
            }
        }

        statement = "";
        return false;
    }

    /// <summary>Whether there is nothing but blanks and comments.</summary>
    private static bool IsBlank(string text)
    {
        var rest = text.AsSpan().Trim();
        while (!rest.IsEmpty)
        {
            var end = rest.StartsWith("--") ? rest.IndexOf('\n') : rest.StartsWith("/*") ? rest.IndexOf("*/") + 1 : 0;
            if (end == 0)
                return false;
            rest = end < 0 ? [] : rest[(end + 1)..].Trim();
        }

        return true;
    }
}
