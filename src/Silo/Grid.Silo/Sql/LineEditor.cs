using System.Text;

namespace Grid.Silo.Sql;

/// <summary>Reads a line from a terminal, with history and completion. What does not fit into the width is scrolled.</summary>
/// <param name="key">Waits for the next key.</param>
/// <param name="output">The terminal, which understands ANSI.</param>
/// <param name="width">Its columns.</param>
/// <param name="complete">What the word before a position of a line may become.</param>
internal sealed class LineEditor(Func<ConsoleKeyInfo> key, TextWriter output, Func<int> width, Func<string, int, Task<IReadOnlyList<string>>> complete)
{
    private const int HistoryMax = 1000;
    private const int ShownMax = 60;
    private readonly List<string> _history = [];
    private readonly StringBuilder _line = new();
    private int _cursor;

    /// <summary>A line; null: the input is over (Ctrl-D on an empty line).</summary>
    public async Task<string?> ReadAsync(string prompt)
    {
        var entry = _history.Count;
        Set("");
        while (true)
        {
            Draw(prompt);
            var pressed = key();
            var control = pressed.Modifiers.HasFlag(ConsoleModifiers.Control);
            switch (pressed.Key)
            {
                case ConsoleKey.Enter:
                    output.Write("\n");
                    return Keep(_line.ToString());
                case ConsoleKey.D when control && _line.Length == 0:
                    output.Write("\n");
                    return null;
                case ConsoleKey.Tab:
                    await CompleteAsync().ConfigureAwait(false);
                    break;
                case ConsoleKey.UpArrow or ConsoleKey.DownArrow:
                    entry = Math.Clamp(entry + (pressed.Key == ConsoleKey.UpArrow ? -1 : 1), 0, _history.Count);
                    Set(entry < _history.Count ? _history[entry] : "");
                    break;
                default:
                    Edit(pressed, control);
                    break;
            }
        }
    }

    private void Edit(ConsoleKeyInfo pressed, bool control)
    {
        switch (pressed.Key)
        {
            case ConsoleKey.LeftArrow:
                _cursor = Math.Max(0, _cursor - 1);
                break;
            case ConsoleKey.RightArrow:
                _cursor = Math.Min(_line.Length, _cursor + 1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                _cursor = 0;
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                _cursor = _line.Length;
                break;
            case ConsoleKey.Backspace when _cursor > 0:
                _line.Remove(--_cursor, 1);
                break;
            case ConsoleKey.Delete when _cursor < _line.Length:
                _line.Remove(_cursor, 1);
                break;
            case ConsoleKey.U when control:
                _line.Remove(0, _cursor);
                _cursor = 0;
                break;
            case ConsoleKey.K when control:
                _line.Length = _cursor;
                break;
            default:
                if (!char.IsControl(pressed.KeyChar))
                    _line.Insert(_cursor++, pressed.KeyChar);
                break;
        }
    }

    private string Keep(string line)
    {
        if (!string.IsNullOrWhiteSpace(line) && (_history.Count == 0 || _history[^1] != line))
            _history.Add(line);
        if (_history.Count > HistoryMax)
            _history.RemoveAt(0);
        return line;
    }

    private void Set(string text)
    {
        _line.Clear().Append(text);
        _cursor = text.Length;
    }

    /// <summary>Takes what all that may be meant have in common; shows them where that is nothing new.</summary>
    private async Task CompleteAsync()
    {
        var text = _line.ToString();
        var start = SqlCompletion.WordStart(text, _cursor);
        var found = await complete(text, _cursor).ConfigureAwait(false);
        if (found.Count == 0)
            return;
        var common = found[0].Length;
        foreach (var other in found)
            common = Math.Min(common, CommonLength(found[0], other));
        if (common > _cursor - start)
        {
            _line.Remove(start, _cursor - start).Insert(start, found[0][..common]);
            _cursor = start + common;
        }
        else
        {
            output.Write($"\n{string.Join("  ", found.Take(ShownMax))}{(found.Count > ShownMax ? "  ..." : "")}\n");
        }
    }

    private static int CommonLength(string left, string right)
    {
        var length = 0;
        while (length < Math.Min(left.Length, right.Length) && char.ToUpperInvariant(left[length]) == char.ToUpperInvariant(right[length]))
            length++;
        return length;
    }

    private void Draw(string prompt)
    {
        var room = Math.Max(10, width() - prompt.Length - 1);
        var first = Math.Max(0, _cursor - room);
        output.Write($"\r{prompt}{_line.ToString(first, Math.Min(room, _line.Length - first))}\e[K\r\e[{prompt.Length + _cursor - first}C");
        output.Flush();
    }
}
