using System.Text.Json;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Silo.Formats;

namespace Grid.Silo.Cli;

/// <summary>Rows with the same columns; a write of some columns names them as targets.</summary>
/// <param name="Batch">The rows.</param>
/// <param name="Targets">The columns they have; null: all of the table.</param>
internal sealed record RowBatch(RecordBatch Batch, string[]? Targets);

/// <summary>Rows given as <c>name=value</c> pairs and as JSON objects, gathered into batches. Rows keep their order.</summary>
internal sealed class RowArguments
{
    private const int BatchRowsMax = 8192;

    private readonly Dictionary<string, string?>? _pairs;
    private readonly string[] _json;
    private readonly TextReader _input;

    public RowArguments(string[] pairs, string[] nulls, string[] json, TextReader input)
    {
        if (pairs.Length + nulls.Length == 0 && json.Length == 0)
            throw new UsageException("Give a row: name=value pairs, or --row with a JSON object, or --row - to read JSON lines.");
        _pairs = pairs.Length + nulls.Length > 0 ? ParsePairs(pairs, nulls) : null;
        (_json, _input) = (json, input);
    }

    /// <summary>The rows for a table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.InvalidArgument"/>: with the row's number.</exception>
    public IEnumerable<RowBatch> Read(TableSchema schema)
    {
        Gatherer? gatherer = null;
        var number = 0;
        foreach (var row in Rows())
        {
            number++;
            // In the table's order, so that rows that name the same columns in another order go together.
            var names = schema.Columns.Where(c => row.ContainsKey(c.Name)).Select(c => c.Name).ToArray();
            if (names.Length < row.Count)
                _ = schema.GetColumn(row.Keys.First(name => schema.IndexOf(name) < 0));
            if (gatherer is not null && (gatherer.Count >= BatchRowsMax || !gatherer.Names.SequenceEqual(names)))
            {
                yield return gatherer.Build();
                gatherer = null;
            }

            gatherer ??= new Gatherer(schema, names);
            gatherer.Add(row, number);
        }

        if (gatherer is not null)
            yield return gatherer.Build();
    }

    private IEnumerable<Dictionary<string, string?>> Rows()
    {
        if (_pairs is not null)
            yield return _pairs;
        foreach (var text in _json)
        {
            if (text != "-")
            {
                yield return ParseJson(text);
                continue;
            }

            while (_input.ReadLine() is { } line)
                if (!string.IsNullOrWhiteSpace(line))
                    yield return ParseJson(line);
        }
    }

    private static Dictionary<string, string?> ParsePairs(string[] pairs, string[] nulls)
    {
        var row = new Dictionary<string, string?>();
        foreach (var pair in pairs)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new UsageException($"'{pair}' is not name=value.");
            if (!row.TryAdd(pair[..equals], pair[(equals + 1)..]))
                throw new UsageException($"Column '{pair[..equals]}' is given twice.");
        }

        foreach (var name in nulls)
            if (!row.TryAdd(name, null))
                throw new UsageException($"Column '{name}' is given twice.");
        return row;
    }

    private static Dictionary<string, string?> ParseJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new GridException(GridErrorCode.InvalidArgument, $"A row is a JSON object such as {{\"iata\":\"SFO\"}}; this is {Shorten(text)}.");
            var row = new Dictionary<string, string?>();
            foreach (var property in document.RootElement.EnumerateObject())
                row[property.Name] = ValueOf(property.Value);
            return row;
        }
        catch (JsonException e)
        {
            throw new GridException(GridErrorCode.InvalidArgument, $"{Shorten(text)} is not JSON: {e.Message}", e);
        }
    }

    private static string? ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "...";

    private sealed class Gatherer
    {
        private readonly Column[] _columns;
        private readonly ColumnBuilder[] _builders;
        private readonly bool _all;

        public Gatherer(TableSchema schema, string[] names)
        {
            Names = names;
            _columns = [.. names.Select(schema.GetColumn)];
            _builders = [.. _columns.Select(ColumnBuilder.For)];
            _all = names.Length == schema.Columns.Length;
        }

        public string[] Names { get; }

        public int Count { get; private set; }

        public void Add(Dictionary<string, string?> row, int number)
        {
            for (var i = 0; i < _builders.Length; i++)
            {
                if (row[Names[i]] is not { } text)
                {
                    _builders[i].AppendNull();
                    continue;
                }

                try
                {
                    _builders[i].AppendText(text);
                }
                catch (GridException e)
                {
                    throw new GridException(e.Code, $"Row {number}, column '{Names[i]}': {e.Message}", e);
                }
            }

            Count++;
        }

        public RowBatch Build() =>
            new(new RecordBatch(RowFormat.ArrowSchema(_columns), _builders.Select(b => b.Build()), Count), _all ? null : Names);
    }
}
