using Apache.Arrow;
using Grid.Abstractions;
using Grid.Silo.Cli;
using Grid.Silo.Formats;
using Grid.Sql;

namespace Grid.Silo.Sql;

/// <summary>Runs statements and prints what they give: a table, JSON lines or comma-separated text.</summary>
internal sealed class SqlPrinter(GridSql sql, CommandOutput output, bool csv)
{
    public CommandOutput Output => output;

    /// <summary>Runs the statements of a text, one after another, until one fails.</summary>
    public async Task RunAllAsync(TextReader text, CancellationToken cancellationToken)
    {
        var script = new SqlScript();
        while (await text.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            foreach (var statement in script.Add(line))
                await RunAsync(statement, cancellationToken).ConfigureAwait(false);
        if (script.Rest() is { } last)
            await RunAsync(last, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs one statement.</summary>
    public async Task RunAsync(string statement, CancellationToken cancellationToken)
    {
        var began = output.Console.Time.GetTimestamp();
        var result = await sql.ExecuteAsync(statement, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using (((IAsyncDisposable)result).ConfigureAwait(false))
        {
            Column[] columns = [.. ArrowSchemas.FromArrow(result.Schema)];
            var schema = RowFormat.ArrowSchema(columns);
            var rows = csv ? await WriteCsvAsync(result, columns, schema, cancellationToken).ConfigureAwait(false) : await PrintAsync(result, columns, schema, cancellationToken).ConfigureAwait(false);
            if (!output.Json && !csv)
                output.Note($"{Humane.Count(rows)} {(rows == 1 ? "row" : "rows")} in {Humane.Time(output.Console.Time.GetElapsedTime(began))}");
        }
    }

    private async Task<long> PrintAsync(SqlResult result, Column[] columns, Schema schema, CancellationToken cancellationToken)
    {
        var printer = new RowPrinter(output, schema, []);
        await foreach (var batch in result.WithCancellation(cancellationToken).ConfigureAwait(false))
            printer.Print(Cast(batch, columns, schema), 0, batch.Length);
        printer.Flush();
        return printer.Rows;
    }

    private async Task<long> WriteCsvAsync(SqlResult result, Column[] columns, Schema schema, CancellationToken cancellationToken)
    {
        var rows = 0L;
        var writer = new CsvFileWriter(output.Console.Out, leaveOpen: true, ',', schema);
        await using (writer.ConfigureAwait(false))
        {
            await foreach (var batch in result.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                await writer.WriteAsync(Cast(batch, columns, schema), cancellationToken).ConfigureAwait(false);
                rows += batch.Length;
            }

            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        return rows;
    }

    // By position: a result may have two columns of one name.
    private static RecordBatch Cast(RecordBatch batch, Column[] columns, Schema schema) =>
        new(schema, columns.Select((column, i) => ArrayCast.To(batch.Column(i), column.Type, schema.FieldsList[i].DataType)), batch.Length);
}
