using System.Numerics;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>Compares a scalar column with a value.</summary>
internal sealed class CompareNode : PredicateNode
{
    private readonly Column _column;
    private readonly int _slot;
    private readonly CompareOperator _operator;
    private readonly Literal _literal;

    public CompareNode(Column column, int slot, CompareOperator compare, string value)
    {
        _column = column;
        _slot = slot;
        _operator = compare;
        _literal = Literal.Of(column.Type, ValueText.Parse(column.Type, value));
    }

    public override void Evaluate(RowColumns columns, Span<byte> truth)
    {
        var data = columns[_slot];
        switch (_column.Type.Kind)
        {
            case TypeKind.Boolean:
                WhereBits(data, truth);
                break;
            case TypeKind.Int8:
                WhereNumbers(ScalarArrays.Values<sbyte>(data), (sbyte)_literal.Order, truth);
                break;
            case TypeKind.Int16:
                WhereNumbers(ScalarArrays.Values<short>(data), (short)_literal.Order, truth);
                break;
            case TypeKind.Int32 or TypeKind.Date:
                WhereNumbers(ScalarArrays.Values<int>(data), (int)_literal.Order, truth);
                break;
            case TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc:
                WhereNumbers(ScalarArrays.Values<long>(data), (long)_literal.Order, truth);
                break;
            case TypeKind.Decimal:
                WhereNumbers(ScalarArrays.Values<Int128>(data), _literal.Order, truth);
                break;
            case TypeKind.Float32:
                WhereFloats(ScalarArrays.Values<float>(data), truth);
                break;
            case TypeKind.Float64:
                WhereFloats(ScalarArrays.Values<double>(data), truth);
                break;
            case TypeKind.FixedBinary or TypeKind.Uuid:
                WhereFixed(ScalarArrays.FixedValues(data, KeyColumnEncoding.FixedWidth(_column.Type)), KeyColumnEncoding.FixedWidth(_column.Type), truth);
                break;
            default:
                WhereBytes(ScalarArrays.Offsets(data), data.Buffers[2].Span, truth);
                break;
        }

        ClearNulls(data, truth);
    }

    public override int Possible(FrameStatistics statistics, TableSchema frameSchema)
    {
        var index = frameSchema.IndexOf(_column.Id);
        if (index < 0)
            return PossibleWhereMissing();
        if (!statistics.TryGet(_column.Id, out var known))
            return Truth.MayBeAny;
        var possible = known.NullCount > 0 ? Truth.MayBeUnknown : 0;
        if (known.NullCount >= statistics.RowCount)
            return possible;

        // The frame's column may be narrower than the literal: its bounds are read as its own type, then compared as values.
        var type = frameSchema.Columns[index].Type;
        var readable = type == _column.Type || SchemaEvolution.CanWiden(type, _column.Type);
        return possible | (readable && known.HasMinMax && _literal.TryCompare(type, known.Min.Span, out var min) && _literal.TryCompare(type, known.Max.Span, out var max)
            ? PossibleBetween(min, max)
            : Truth.MayBeTrue | Truth.MayBeFalse);
    }

    private int PossibleWhereMissing()
    {
        if (_column.Default is null)
            return Truth.MayBeUnknown;
        var order = Literal.Of(_column.Type, ValueText.Parse(_column.Type, _column.Default)).CompareTo(_literal);
        return PossibleBetween(order, order);
    }

    // From how the lowest and the highest value that may occur compare with the literal.
    private int PossibleBetween(int min, int max)
    {
        var (mayBeTrue, mayBeFalse) = _operator switch
        {
            CompareOperator.Equal => (min <= 0 && max >= 0, min != 0 || max != 0),
            CompareOperator.NotEqual => (min != 0 || max != 0, min <= 0 && max >= 0),
            CompareOperator.Less => (min < 0, max >= 0),
            CompareOperator.LessOrEqual => (min <= 0, max > 0),
            CompareOperator.Greater => (max > 0, min <= 0),
            _ => (max >= 0, min < 0),
        };
        return (mayBeTrue ? Truth.MayBeTrue : 0) | (mayBeFalse ? Truth.MayBeFalse : 0);
    }

    private void WhereNumbers<T>(ReadOnlySpan<T> values, T literal, Span<byte> truth)
        where T : IComparisonOperators<T, T, bool>
    {
        switch (_operator)
        {
            case CompareOperator.Equal:
                for (var i = 0; i < values.Length; i++)
                    truth[i] = values[i] == literal ? Truth.True : Truth.False;
                break;
            case CompareOperator.NotEqual:
                for (var i = 0; i < values.Length; i++)
                    truth[i] = values[i] != literal ? Truth.True : Truth.False;
                break;
            case CompareOperator.Less:
                for (var i = 0; i < values.Length; i++)
                    truth[i] = values[i] < literal ? Truth.True : Truth.False;
                break;
            case CompareOperator.LessOrEqual:
                for (var i = 0; i < values.Length; i++)
                    truth[i] = values[i] <= literal ? Truth.True : Truth.False;
                break;
            case CompareOperator.Greater:
                for (var i = 0; i < values.Length; i++)
                    truth[i] = values[i] > literal ? Truth.True : Truth.False;
                break;
            default:
                for (var i = 0; i < values.Length; i++)
                    truth[i] = values[i] >= literal ? Truth.True : Truth.False;
                break;
        }
    }

    private void WhereFloats<T>(ReadOnlySpan<T> values, Span<byte> truth)
        where T : IFloatingPointIeee754<T>
    {
        var literal = (long)_literal.Order;
        for (var i = 0; i < values.Length; i++)
            truth[i] = TruthOf(FloatOrder.Of(double.CreateTruncating(values[i])).CompareTo(literal));
    }

    private void WhereBits(ArrayData data, Span<byte> truth)
    {
        var bits = data.Buffers[1].Span;
        var literal = (int)_literal.Order;
        var (ofFalse, ofTrue) = (TruthOf(0.CompareTo(literal)), TruthOf(1.CompareTo(literal)));
        for (var row = 0; row < truth.Length; row++)
            truth[row] = BitUtility.GetBit(bits, data.Offset + row) ? ofTrue : ofFalse;
    }

    private void WhereFixed(ReadOnlySpan<byte> values, int width, Span<byte> truth)
    {
        for (var row = 0; row < truth.Length; row++)
            truth[row] = TruthOf(values.Slice(row * width, width).SequenceCompareTo(_literal.Bytes));
    }

    private void WhereBytes(ReadOnlySpan<int> offsets, ReadOnlySpan<byte> bytes, Span<byte> truth)
    {
        ReadOnlySpan<byte> literal = _literal.Bytes;
        if (_operator is CompareOperator.Equal or CompareOperator.NotEqual)
        {
            var (same, other) = (TruthOf(0), TruthOf(1));
            for (var row = 0; row < truth.Length; row++)
                truth[row] = bytes[offsets[row]..offsets[row + 1]].SequenceEqual(literal) ? same : other;
            return;
        }

        for (var row = 0; row < truth.Length; row++)
            truth[row] = TruthOf(bytes[offsets[row]..offsets[row + 1]].SequenceCompareTo(literal));
    }

    private byte TruthOf(int order) => _operator switch
    {
        CompareOperator.Equal => order == 0,
        CompareOperator.NotEqual => order != 0,
        CompareOperator.Less => order < 0,
        CompareOperator.LessOrEqual => order <= 0,
        CompareOperator.Greater => order > 0,
        _ => order >= 0,
    }
    ? Truth.True
    : Truth.False;

    private static void ClearNulls(ArrayData data, Span<byte> truth)
    {
        var validity = data.Buffers[0].Span;
        if (validity.IsEmpty || data.NullCount == 0)
            return;
        for (var row = 0; row < truth.Length; row++)
            if (!BitUtility.GetBit(validity, data.Offset + row))
                truth[row] = Truth.Unknown;
    }
}
