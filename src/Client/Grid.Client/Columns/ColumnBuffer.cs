using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Client.Columns;

/// <summary>
/// A column being built: values from arrays (ranges, or picked rows) or from .NET values through the codecs of <c>Rows</c>. <see cref="Build"/> gives
/// a view, valid until <see cref="Truncate"/> is followed by further appends.
/// </summary>
internal abstract class ColumnBuffer(Field field)
{
    public Field Field { get; } = field;

    public int Length => Validity.Count;

    public ValidityBuffer Validity { get; } = new();

    /// <summary>Bytes of values held, roughly.</summary>
    public abstract long Bytes { get; }

    public static ColumnBuffer Create(Field field) => field.DataType switch
    {
        BooleanType => new BooleanBuffer(field),
        StringType or BinaryType => new VariableBuffer(field),
        ListType list => new ListBuffer(field, Create(list.ValueField)),
        MapType map => new ListBuffer(field, Create(map.Fields[0])),
        StructType structure => new StructBuffer(field, [.. structure.Fields.Select(Create)]),
        FixedWidthType fixedWidth => new FixedBuffer(field, fixedWidth.BitWidth / 8),
        _ => throw new GridException(GridErrorCode.SchemaMismatch, $"Column '{field.Name}' has the Arrow type {field.DataType.Name}, which Grid does not use."),
    };

    /// <summary>Appends rows <paramref name="start"/>.. of an array of the same type.</summary>
    public abstract void AppendRange(ArrayData data, int start, int count);

    /// <summary>Appends some rows of an array of the same type.</summary>
    public abstract void AppendRows(ArrayData data, ReadOnlySpan<int> rows);

    /// <summary>Appends rows without values: nulls where the column allows them, else zeros and empties.</summary>
    public void AppendMissing(int count)
    {
        AppendZeros(count);
        if (Field.IsNullable)
            Validity.AppendNull(count);
        else
            Validity.AppendValid(count);
    }

    /// <summary>Appends the validity of values already appended; null: all are there. A column without nulls takes the others as they are.</summary>
    public void AppendPresence(bool[]? present, int count)
    {
        if (present is null || !Field.IsNullable)
            Validity.AppendValid(count);
        else
            Validity.Append(present.AsSpan(0, count));
    }

    public abstract void Truncate(int count);

    public abstract ArrayData Build();

    /// <summary>Appends values that nobody looks at, validity aside.</summary>
    protected abstract void AppendZeros(int count);
}
