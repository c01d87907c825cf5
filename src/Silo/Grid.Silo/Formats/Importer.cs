using Grid.Abstractions;
using Grid.Client;

namespace Grid.Silo.Formats;

/// <summary>Writes a file's rows into a table through the client's pipelined writer.</summary>
internal static class Importer
{
    /// <summary>The file's columns that were asked for; null: all.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public static IReadOnlyList<Column> Choose(ITableFileReader file, IReadOnlyList<string>? names)
    {
        if (names is null)
            return file.Columns;
        return [.. names.Select(name => file.Columns.FirstOrDefault(c => c.Name == name)
            ?? throw new GridException(GridErrorCode.UnknownColumn, $"The file has no column '{name}'; its columns are {string.Join(", ", file.Columns.Select(c => c.Name))}."))];
    }

    /// <summary>Imports and completes when every row is acknowledged; answers the number of rows.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>: the table lacks a column of the file; <see cref="GridErrorCode.SchemaMismatch"/>, and
    /// what writing refuses.</exception>
    public static async Task<long> RunAsync(ITableFileReader file, IReadOnlyList<Column> columns, GridTable table, Action<long> report, CancellationToken cancellationToken)
    {
        var targets = columns.Select(c => table.Info.Schema.GetColumn(c.Name)).ToArray();
        var caster = new BatchCaster(targets);
        // Columns that the file lacks: a primary-key table keeps what it has, a log table gets nulls.
        var partial = table.Info.HasPrimaryKey && targets.Length < table.Info.Schema.Columns.Length;
        var writer = table.CreateWriter(new WriterOptions { Targets = partial ? [.. targets.Select(c => c.Name)] : null });
        await using (writer.ConfigureAwait(false))
        {
            var rows = 0L;
            await foreach (var batch in file.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                using (batch)
                {
                    // The cast batch shares arrays with the file's and is not disposed by itself.
                    await writer.AddAsync(caster.Cast(batch), cancellationToken).ConfigureAwait(false);
                    rows += batch.Length;
                }

                report(rows);
            }

            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
            return rows;
        }
    }
}
