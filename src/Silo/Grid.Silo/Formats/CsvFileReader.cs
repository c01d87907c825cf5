using System.Runtime.CompilerServices;
using System.Text;
using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>
/// Reads delimited text with a header line. Types are found by looking at every value of the file first; a column's type can be given instead.
/// An empty field without quotes is null; in a text column with quotes it is the empty text.
/// </summary>
internal sealed class CsvFileReader : ITableFileReader
{
    private const int BatchRows = 8192;

    private readonly string _path;
    private readonly char _delimiter;

    private CsvFileReader(string path, char delimiter, IReadOnlyList<Column> columns, long rows)
    {
        _path = path;
        _delimiter = delimiter;
        Columns = columns;
        Rows = rows;
    }

    public IReadOnlyList<Column> Columns { get; }

    public long? Rows { get; }

    public static CsvFileReader Open(string path, char delimiter, IReadOnlyDictionary<string, DataType> given)
    {
        using var parser = new CsvParser(new StreamReader(path, Encoding.UTF8), delimiter);
        var names = ReadHeader(path, parser);
        var found = new CsvTypes[names.Count];
        for (var i = 0; i < found.Length; i++)
            found[i] = new CsvTypes();
        var rows = 0L;
        while (parser.Read())
        {
            RequireCount(path, parser, names.Count);
            rows++;
            for (var i = 0; i < found.Length; i++)
                if (!parser.IsNull(i))
                    found[i].See(parser[i]);
        }

        var columns = names.Select((name, i) => new Column(name, given.TryGetValue(name, out var type) ? type : found[i].Type)).ToList();
        return new CsvFileReader(path, delimiter, columns, rows);
    }

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        using var parser = new CsvParser(new StreamReader(_path, Encoding.UTF8), _delimiter);
        ReadHeader(_path, parser);
        var schema = RowFormat.ArrowSchema(Columns);
        var builders = Columns.Select(ColumnBuilder.For).ToArray();
        var rows = 0;
        while (parser.Read())
        {
            RequireCount(_path, parser, builders.Length);
            for (var i = 0; i < builders.Length; i++)
                Append(builders[i], parser, i);
            if (++rows < BatchRows)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            yield return new RecordBatch(schema, builders.Select(b => b.Build()), rows);
            rows = 0;
        }

        if (rows > 0)
            yield return new RecordBatch(schema, builders.Select(b => b.Build()), rows);
    }

    public void Dispose()
    {
        // The file is open only while it is read.
    }

    private void Append(ColumnBuilder builder, CsvParser parser, int field)
    {
        if (parser.IsNull(field) || (parser[field].IsEmpty && Columns[field].Type.Kind != TypeKind.String))
        {
            builder.AppendNull();
            return;
        }

        try
        {
            builder.AppendText(parser[field]);
        }
        catch (GridException e)
        {
            throw new GridException(e.Code, $"{_path}, line {parser.Line}, column '{Columns[field].Name}': {e.Message}", e);
        }
    }

    private static List<string> ReadHeader(string path, CsvParser parser)
    {
        if (!parser.Read())
            throw new GridException(GridErrorCode.InvalidArgument, $"{path} is empty; its first line must name the columns.");
        var names = new List<string>(parser.Count);
        for (var i = 0; i < parser.Count; i++)
            names.Add(parser[i].Trim().ToString());
        return names;
    }

    private static void RequireCount(string path, CsvParser parser, int count)
    {
        if (parser.Count != count)
            throw new GridException(GridErrorCode.InvalidArgument, $"{path}, line {parser.Line} has {parser.Count} fields, the header has {count}.");
    }
}
