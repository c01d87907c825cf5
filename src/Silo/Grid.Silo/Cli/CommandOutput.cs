using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace Grid.Silo.Cli;

/// <summary>Where a command writes: tables for people or JSON for programs to the output, notes to the error stream.</summary>
internal sealed class CommandOutput(CliConsole console, bool json)
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly ArrayBufferWriter<byte> _line = new();

    public CliConsole Console => console;

    /// <summary>Whether a program reads.</summary>
    public bool Json => json;

    /// <summary>Writes one line of JSON.</summary>
    public void JsonLine(Action<Utf8JsonWriter> write)
    {
        _line.Clear();
        using (var writer = new Utf8JsonWriter(_line, JsonOptions))
            write(writer);
        console.Out.WriteLine(Encoding.UTF8.GetString(_line.WrittenSpan));
    }

    /// <summary>Writes one line of JSON: an object.</summary>
    public void JsonObject(Action<Utf8JsonWriter> properties) => JsonLine(writer =>
    {
        writer.WriteStartObject();
        properties(writer);
        writer.WriteEndObject();
    });

    /// <summary>Writes a table for people.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, params int[] rightAligned)
    {
        var table = new Table().Border(console.OutIsTerminal ? TableBorder.Rounded : TableBorder.Ascii2);
        for (var i = 0; i < columns.Count; i++)
        {
            var column = new TableColumn(new Text(columns[i], new Style(decoration: Decoration.Bold))).NoWrap();
            table.AddColumn(rightAligned.Contains(i) ? column.RightAligned() : column);
        }

        foreach (var row in rows)
            table.AddRow(row.Select(cell => new Text(cell)));
        console.Rich().Write(table);
    }

    /// <summary>Says something that is not an answer.</summary>
    public void Note(string text) => console.Error.WriteLine(text);
}
