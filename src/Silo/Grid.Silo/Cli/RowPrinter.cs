using System.Text;
using System.Text.Json;
using Apache.Arrow;
using Grid.Silo.Formats;

namespace Grid.Silo.Cli;

/// <summary>
/// Prints rows as they come: JSON lines, or a table whose column widths follow the first rows. Longer values later on push their line out of
/// shape rather than being cut.
/// </summary>
internal sealed class RowPrinter(CommandOutput output, Schema schema, IReadOnlyList<RowPrinter.Extra> extras)
{
    private const int RowsForWidths = 100;
    private const int WidthMax = 60;

    private readonly RowFormat _format = new(schema);
    private readonly List<string[]> _first = [];
    private readonly StringBuilder _line = new();
    private int[]? _widths;

    /// <summary>A column that the rows don't have themselves, such as the change kind.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="IsNumber">Whether it stands right.</param>
    internal sealed record Extra(string Name, bool IsNumber);

    /// <summary>Rows printed.</summary>
    public long Rows { get; private set; }

    /// <summary>Prints rows of a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="from">The first row.</param>
    /// <param name="count">How many.</param>
    /// <param name="extra">The value of an extra column, by row and column; null where there are none.</param>
    public void Print(RecordBatch batch, int from, int count, Func<int, int, string>? extra = null)
    {
        for (var row = from; row < from + count; row++)
        {
            Rows++;
            if (output.Json)
                PrintJson(batch, row, extra);
            else
                PrintText(batch, row, extra);
        }
    }

    /// <summary>Prints what was held back to find the widths.</summary>
    public void Flush()
    {
        if (_widths is null && !output.Json)
            BeginTable();
        output.Console.Out.Flush();
    }

    private void PrintJson(RecordBatch batch, int row, Func<int, int, string>? extra) => output.JsonObject(json =>
    {
        for (var i = 0; i < extras.Count; i++)
            WriteExtra(json, extras[i], extra!(row, i));
        _format.WriteProperties(json, batch, row);
    });

    private static void WriteExtra(Utf8JsonWriter json, Extra column, string value)
    {
        json.WritePropertyName(column.Name);
        if (column.IsNumber)
            json.WriteRawValue(value, skipInputValidation: true);
        else
            json.WriteStringValue(value);
    }

    private void PrintText(RecordBatch batch, int row, Func<int, int, string>? extra)
    {
        var cells = new string[extras.Count + _format.Names.Count];
        for (var i = 0; i < extras.Count; i++)
            cells[i] = extra!(row, i);
        for (var i = 0; i < _format.Names.Count; i++)
            cells[extras.Count + i] = OneLine(_format.Text(batch, i, row));
        if (_widths is not null)
        {
            WriteLine(cells);
            return;
        }

        _first.Add(cells);
        if (_first.Count >= RowsForWidths)
            BeginTable();
    }

    private void BeginTable()
    {
        string[] header = [.. extras.Select(e => e.Name), .. _format.Names];
        _widths = [.. header.Select((name, i) => Math.Min(WidthMax, _first.Select(cells => cells[i].Length).Append(name.Length).Max()))];
        WriteLine(header);
        WriteLine([.. _widths.Select(width => new string('-', width))]);
        foreach (var cells in _first)
            WriteLine(cells);
        _first.Clear();
    }

    private void WriteLine(string[] cells)
    {
        _line.Clear();
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0)
                _line.Append("  ");
            var right = i < extras.Count ? extras[i].IsNumber : _format.IsNumber(i - extras.Count);
            _line.Append(right ? cells[i].PadLeft(_widths![i]) : i == cells.Length - 1 ? cells[i] : cells[i].PadRight(_widths![i]));
        }

        output.Console.Out.WriteLine(_line.ToString());
    }

    private static string OneLine(string? text) => text is null ? "null" : text.ReplaceLineEndings(" ");
}
