using System.Text;

namespace Grid.Silo.Tests.Readme;

/// <summary>The words of a shell line.</summary>
internal static class ShellWords
{
    /// <summary>Splits as a shell does, double and single quotes only.</summary>
    public static List<string> Split(string line)
    {
        var (words, word, quote) = (new List<string>(), new StringBuilder(), '\0');
        foreach (var letter in line + " ")
        {
            if (quote != '\0')
            {
                if (letter == quote)
                    quote = '\0';
                else
                    word.Append(letter);
            }
            else if (letter is '"' or '\'')
            {
                quote = letter;
            }
            else if (letter != ' ')
            {
                word.Append(letter);
            }
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        return words;
    }
}
