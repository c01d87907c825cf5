using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake.Keys;
using Grid.Testing;
using Grid.Testing.Rows;
using Xunit.Abstractions;

namespace Grid.Storage.Tests.Lake.Keys;

public sealed class RowGatherTests(ITestOutputHelper output)
{
    [Fact]
    public void Rows_of_any_type_come_out_as_they_went_in_whatever_their_order()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            try
            {
                Run(new Random(seed));
            }
            catch
            {
                output.WriteLine($"seed {seed}");
                throw;
            }
        }
    }

    private static void Run(Random random)
    {
        var schema = Generators.NextSchema(random, columnsMax: 6, primaryKey: false, depth: 3);
        var arrow = ArrowSchemas.ToArrow(schema);

        // Slices, so that arrays begin somewhere in their buffers.
        var batches = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Generators.NextBatch(schema, random.Next(2, 20), random)).Select(batch =>
        {
            var start = random.Next(batch.Length - 1);
            return batch.Slice(start, random.Next(1, batch.Length - start));
        }).ToArray();
        var rows = batches.Select(batch => ArrowRows.Read(schema.Columns, batch)).ToArray();
        RowPick[] picks = [.. Enumerable.Range(0, random.Next(30)).Select(_ =>
        {
            var source = random.Next(batches.Length);
            return new RowPick(source, random.Next(batches[source].Length));
        })];

        var arrays = arrow.FieldsList.Select((field, i) =>
            ArrowArrayFactory.BuildArray(RowGather.Gather(field.DataType, batches.Select(batch => batch.Column(i).Data).ToArray(), picks)));
        using var gathered = new RecordBatch(arrow, arrays, picks.Length);

        Assert.Equal(ArrowRows.Text(picks.Select(pick => rows[pick.Source][pick.Row])), ArrowRows.Text(ArrowRows.Read(schema.Columns, gathered)));
        foreach (var array in gathered.Arrays)
            Assert.Equal(Enumerable.Range(0, array.Length).Count(array.IsNull), array.NullCount);
    }
}
