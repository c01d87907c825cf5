using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;

namespace Grid.Client.Writing;

/// <summary>Rows of one writer call within a batch or a frame.</summary>
internal readonly record struct RowSegment(int FirstRow, int Rows, Acknowledgement? Acknowledgement, FlushEpoch Epoch);

/// <summary>Rows of one bucket and one schema version that wait to be sealed as a frame. Guarded by its pipe.</summary>
internal sealed class OpenBatch(WriteLayout layout)
{
    public WriteLayout Layout { get; } = layout;

    public BatchBuffer Builder { get; } = new(layout.ArrowSchema);

    public List<RowSegment> Segments { get; } = [];

    public bool HasDeletes { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Takes note of rows that were just appended to the builder; answers the bytes they added.</summary>
    public long Appended(int firstRow, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch)
    {
        var rows = Builder.Rows - firstRow;
        if (Layout.ChangeColumn is { } change)
        {
            var kinds = ((FixedBuffer)Builder.Columns[change]).Extend(rows);
            kinds.Fill((byte)kind);
            Builder.Columns[change].Validity.AppendValid(rows);
        }

        HasDeletes |= kind == ChangeKind.Delete;
        if (acknowledgement is null && Segments.Count > 0 && Segments[^1] is { Acknowledgement: null } last && last.Epoch == epoch)
        {
            Segments[^1] = last with { Rows = last.Rows + rows };
        }
        else
        {
            epoch.Enter();
            Segments.Add(new RowSegment(firstRow, rows, acknowledgement, epoch));
        }

        var before = Bytes;
        Bytes = Builder.Bytes;
        return Bytes - before;
    }

    /// <summary>The rows as the encoder takes them: without the change column where nothing is deleted.</summary>
    public RecordBatch Build()
    {
        return Layout.ChangeColumn is not null && HasDeletes ? Builder.Build() : BuildRows();
    }

    /// <summary>The rows without change kinds.</summary>
    public RecordBatch BuildRows()
    {
        var arrays = new IArrowArray[Layout.Columns.Length];
        for (var i = 0; i < arrays.Length; i++)
            arrays[i] = ArrowArrayFactory.BuildArray(Builder.Columns[i].Build());
        return new RecordBatch(Layout.ArrowSchemaWithoutChange, arrays, Builder.Rows);
    }

    /// <summary>Makes the batch ready for other rows; views of the present ones end here.</summary>
    public void Clear()
    {
        Builder.Truncate(0);
        Segments.Clear();
        HasDeletes = false;
        Bytes = 0;
    }
}
