package demo

import "github.com/diaspora-match/diaspora/domain"

// background is a country of heritage as this package imagines it: how often,
// which languages at which chance, and names of our own choosing.
type background struct {
	country domain.Country
	weight  int
	tongues []tongue
	women   []string
	men     []string
	family  []string
}

// tongue is a language of heritage: spoken natively by so many of a hundred,
// and learnt to some level by as many again of the rest.
type tongue struct {
	language domain.Language
	native   int
}

var backgrounds = []background{
	{"SO", 20, []tongue{{"so", 88}, {"ar", 18}},
		[]string{"Hodan", "Ifrah", "Sagal", "Ayaan", "Deqa", "Hibaaq", "Nasra", "Ubah", "Filsan", "Idil"},
		[]string{"Abdirahman", "Guled", "Liban", "Mahad", "Warsame", "Yusuf", "Faarax", "Cabdi", "Samatar", "Bile"},
		[]string{"Abdullahi", "Cige", "Dualeh", "Egal", "Farah", "Guleid", "Hersi", "Jama", "Nur", "Warfa"}},
	{"IQ", 17, []tongue{{"ar", 70}, {"ckb", 34}, {"kmr", 14}},
		[]string{"Zahra", "Shilan", "Noor", "Rand", "Tara", "Maryam", "Hana", "Avin", "Sura", "Lana"},
		[]string{"Ali", "Karwan", "Haider", "Omar", "Rebin", "Sarmad", "Azad", "Mustafa", "Dara", "Yasir"},
		[]string{"Al-Basri", "Barzan", "Hasan", "Jabbar", "Kareem", "Mahmoud", "Rashid", "Salih", "Talabi", "Zangana"}},
	{"AF", 11, []tongue{{"prs", 76}, {"ps", 42}},
		[]string{"Farzana", "Laila", "Shabnam", "Mina", "Zohra", "Parwin", "Nilofar", "Soraya", "Wazhma", "Roya"},
		[]string{"Ahmad", "Farid", "Hamid", "Jawad", "Nasir", "Omid", "Rahim", "Samir", "Tariq", "Zalmay"},
		[]string{"Ahmadi", "Amiri", "Haidari", "Karimi", "Mohammadi", "Noori", "Rahimi", "Sadat", "Wardak", "Yusufi"}},
	{"NG", 13, []tongue{{"en", 92}, {"yo", 34}, {"ha", 30}, {"ig", 28}},
		[]string{"Adaeze", "Bisi", "Chiamaka", "Folake", "Halima", "Ngozi", "Simisola", "Temitope", "Uche", "Yetunde"},
		[]string{"Adewale", "Babatunde", "Chidi", "Emeka", "Ibrahim", "Kelechi", "Musa", "Obinna", "Segun", "Tunde"},
		[]string{"Abubakar", "Adeyemi", "Balogun", "Eze", "Ibekwe", "Lawal", "Nwosu", "Okafor", "Olawale", "Yusuf"}},
	{"GH", 10, []tongue{{"en", 86}, {"ak", 74}},
		[]string{"Abena", "Adwoa", "Akosua", "Efua", "Esi", "Maame", "Naana", "Serwaa", "Yaa", "Afia"},
		[]string{"Kofi", "Kwabena", "Kwaku", "Kwame", "Kojo", "Nii", "Yaw", "Ebo", "Fiifi", "Kwesi"},
		[]string{"Addo", "Agyeman", "Amoah", "Asante", "Boateng", "Darko", "Mensah", "Ofori", "Owusu", "Quaye"}},
	{"ET", 9, []tongue{{"am", 82}, {"om", 34}, {"ti", 16}},
		[]string{"Almaz", "Bethlehem", "Eden", "Hiwot", "Liya", "Mahlet", "Rahel", "Selam", "Tsion", "Yordanos"},
		[]string{"Abel", "Biruk", "Dawit", "Ermias", "Fikru", "Girma", "Kaleb", "Natnael", "Solomon", "Yonas"},
		[]string{"Abebe", "Alemu", "Bekele", "Desta", "Gebre", "Haile", "Kebede", "Mekonnen", "Tadesse", "Worku"}},
	{"SD", 7, []tongue{{"ar", 96}},
		[]string{"Amna", "Duaa", "Eiman", "Hind", "Ishraga", "Maha", "Nahla", "Rania", "Salma", "Tasneem"},
		[]string{"Abdelrahim", "Bakri", "Elfatih", "Hatim", "Isam", "Khalid", "Mutasim", "Osman", "Siddig", "Tarig"},
		[]string{"Abdalla", "Babiker", "Elamin", "Elhassan", "Hamad", "Idris", "Mirghani", "Osman", "Suliman", "Taha"}},
	{"MA", 5, []tongue{{"ar", 88}, {"fr", 40}, {"zgh", 36}},
		[]string{"Amal", "Chaimae", "Fatiha", "Hajar", "Ikram", "Loubna", "Naima", "Samira", "Wafae", "Zineb"},
		[]string{"Anass", "Brahim", "Driss", "Hicham", "Ilyas", "Jamal", "Mehdi", "Nabil", "Rachid", "Younes"},
		[]string{"Amrani", "Bennani", "Chaoui", "El Idrissi", "Fassi", "Haddou", "Lahlou", "Mansouri", "Ouali", "Tazi"}},
	{"SL", 4, []tongue{{"kri", 90}, {"en", 78}},
		[]string{"Aminata", "Binta", "Fatmata", "Isata", "Jeneba", "Kadiatu", "Mariama", "Nancy", "Saffie", "Yeabu"},
		[]string{"Alhaji", "Bockarie", "Foday", "Ibrahima", "Lansana", "Momodu", "Sahr", "Sorie", "Tamba", "Umaru"},
		[]string{"Bangura", "Conteh", "Fofanah", "Kamara", "Koroma", "Mansaray", "Sankoh", "Sesay", "Turay", "Williams"}},
	{"RW", 2, []tongue{{"rw", 96}, {"fr", 48}},
		[]string{"Aline", "Benitha", "Clarisse", "Diane", "Esperance", "Gisele", "Ingabire", "Josiane", "Keza", "Liliane"},
		[]string{"Aimable", "Bosco", "Claude", "Didier", "Eric", "Fabrice", "Innocent", "Jado", "Olivier", "Patrick"},
		[]string{"Gasana", "Habimana", "Kayitare", "Mugisha", "Mutesi", "Ndayisaba", "Nkurunziza", "Rugamba", "Uwase", "Uwimana"}},
	{"LB", 2, []tongue{{"ar", 96}, {"fr", 52}},
		[]string{"Carine", "Dima", "Ghada", "Joelle", "Lama", "Maya", "Nour", "Rima", "Tala", "Yara"},
		[]string{"Bassel", "Charbel", "Fadi", "Georges", "Jad", "Karim", "Marwan", "Nadim", "Rami", "Ziad"},
		[]string{"Azar", "Chahine", "Daher", "Fakhoury", "Ghanem", "Haddad", "Karam", "Maalouf", "Nassar", "Sabbagh"}},
}

// home is a country of residence with the language that is learnt there.
type home struct {
	country  domain.Country
	weight   int
	language domain.Language
}

var homes = []home{
	{"NL", 66, "nl"}, {"BE", 7, "nl"}, {"DE", 8, "de"}, {"GB", 9, "en"}, {"SE", 4, "sv"}, {"FR", 4, "fr"}, {"IT", 2, "it"},
}
