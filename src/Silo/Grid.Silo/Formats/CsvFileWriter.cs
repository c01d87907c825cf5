using System.Buffers;
using System.Text;
using Apache.Arrow;

namespace Grid.Silo.Formats;

/// <summary>Writes delimited text: a header, values in their text form, nested values as JSON. Null is an empty field, the empty text is in quotes.</summary>
internal sealed class CsvFileWriter : ITableFileWriter
{
    private readonly TextWriter _text;
    private readonly bool _leaveOpen;
    private readonly char _delimiter;
    private readonly SearchValues<char> _special;
    private readonly RowFormat _format;

    /// <summary>Writes to a file.</summary>
    public CsvFileWriter(string path, char delimiter, Schema schema)
        : this(new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16), leaveOpen: false, delimiter, schema)
    {
    }

    /// <summary>Writes to what somebody else may own.</summary>
    public CsvFileWriter(TextWriter text, bool leaveOpen, char delimiter, Schema schema)
    {
        (_text, _leaveOpen) = (text, leaveOpen);
        _delimiter = delimiter;
        _special = SearchValues.Create([delimiter, '"', '\r', '\n']);
        _format = new RowFormat(schema);
        WriteLine(i => _format.Names[i], _format.Names.Count);
    }

    public async Task WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        for (var row = 0; row < batch.Length; row++)
            WriteLine(column => _format.Text(batch, column, row), batch.ColumnCount);
        await _text.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task CompleteAsync(CancellationToken cancellationToken) => _text.FlushAsync(cancellationToken);

    public ValueTask DisposeAsync() => _leaveOpen ? ValueTask.CompletedTask : _text.DisposeAsync();

    private void WriteLine(Func<int, string?> value, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
                _text.Write(_delimiter);
            WriteField(value(i));
        }

        _text.Write('\n');
    }

    private void WriteField(string? value)
    {
        if (value is null)
            return;
        if (value.Length > 0 && !value.AsSpan().ContainsAny(_special))
        {
            _text.Write(value);
            return;
        }

        _text.Write('"');
        _text.Write(value.Replace("\"", "\"\"", StringComparison.Ordinal));
        _text.Write('"');
    }
}
